/**
 * Tensors on graphics processors, by WebGPU: TensorFlow.js's backend with kernels of our own.
 * @module
 */
export * from "./find_adapter.ts";
export * from "./_run_shader.ts";
export * from "./start.ts";
export * from "./_workgroup_sum.ts";
