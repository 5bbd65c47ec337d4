/**
 * DeepLab-v2, trained on pseudo semantic labels.
 * @module
 */
export * from "./infer.ts";
export * from "./network.ts";
export * from "./task.ts";
