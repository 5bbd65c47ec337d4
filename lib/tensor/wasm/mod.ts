/**
 * Training on the `wasm` backend: the kernels that `@tensorflow/tfjs-backend-wasm` lacks, and workers that share a
 * training step.
 * @module
 */
export * from "./data_parallel.ts";
export * from "./register.ts";
