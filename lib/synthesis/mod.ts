/**
 * Pseudo instance and semantic masks from class maps, boundaries and clusters.
 * @module
 */
export * from "./detect_instances.ts";
export * from "./evidence.ts";
export * from "./missing_classes.ts";
export * from "./synthesize_instances.ts";
export * from "./synthesize_semantic.ts";
export type { Clusters } from "../displacement/mod.ts";
export type { LabelMap } from "../data/image.ts";
export type { Strip } from "./_strongest.ts";
