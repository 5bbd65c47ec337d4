/**
 * Pseudo instance and semantic masks from class maps, boundaries and clusters.
 * @module
 */
export * from "./detect_instances.ts";
export * from "./evidence.ts";
export * from "./instance_cams.ts";
export * from "./instances_from_cams.ts";
export * from "./score_cams.ts";
export * from "./synthesize_instances.ts";
export * from "./synthesize_semantic.ts";
export type { Clusters } from "../displacement/mod.ts";
export type { LabelMap } from "../data/image.ts";
