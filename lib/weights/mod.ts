/**
 * Weights of networks: safetensors files, PyTorch's checkpoints, names and layouts.
 * @module
 */
export * from "./decode_pickled_arrays.ts";
export * from "./import_weights.ts";
export * from "./layout.ts";
export * from "./parameter_spec.ts";
export * from "./params.ts";
export * from "./pth.ts";
export * from "./read_weights.ts";
export * from "./read_zip.ts";
export * from "./row_major.ts";
export * from "./safetensors.ts";
