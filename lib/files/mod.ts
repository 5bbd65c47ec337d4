/**
 * Bytes and disk: arrays of numpy and safetensors, PyTorch's checkpoints, archives, label PNGs, JSON, whole files at once.
 * @module
 */
export type { ArrayValues, NumericArray } from "./array.ts";
export * from "./decode_pickled_arrays.ts";
export * from "./npz.ts";
export * from "./png.ts";
export * from "./pth.ts";
export * from "./safetensors.ts";
export * from "./tar.ts";
export * from "./unpack.ts";
export { readZip } from "./zip.ts";
