/**
 * Weights of networks: safetensors files, PyTorch's checkpoints, names and layouts.
 * @module
 */
export * from "./import_weights.ts";
export * from "./layout.ts";
export * from "./parameter_spec.ts";
export * from "./params.ts";
export * from "./read_weights.ts";
