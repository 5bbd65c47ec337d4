/**
 * AffinityNet (CVPR 2018), IRNet's predecessor: pseudo semantic labels from affinities between features.
 * @module
 */
export * from "./infer.ts";
export * from "./loss.ts";
export * from "./network.ts";
export * from "./task.ts";
