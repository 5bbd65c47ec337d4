/**
 * TensorFlow as a backend of TensorFlow.js, over the C interface of its library.
 * @module
 */
export * from "./find_library.ts";
export * from "./start.ts";
