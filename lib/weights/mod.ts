/**
 * Weights of networks: safetensors files, PyTorch's checkpoints, names and layouts.
 * @module
 */
export * from "./params.ts";
export * from "./read_weights.ts";
export * from "./shards.ts";
