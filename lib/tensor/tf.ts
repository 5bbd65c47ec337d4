/**
 * TensorFlow.js: the project's only import of it. The union package is needed because its core alone registers no
 * gradients in Deno.
 * @module
 */
export * from "@tensorflow/tfjs";
