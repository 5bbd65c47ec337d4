/**
 * Training on the `wasm` backend: the kernels that `@tensorflow/tfjs-backend-wasm` lacks.
 * @module
 */
export * from "./register.ts";
