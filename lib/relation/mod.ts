/**
 * Inter-pixel relations: which pixels are compared, along which paths, and what their labels say.
 * @module
 */
export * from "./confident_labels.ts";
export * from "./pair_labels.ts";
export * from "./path_index.ts";
