/**
 * Mask R-CNN with a feature pyramid, trained on pseudo instance labels.
 * @module
 */
export * from "./anchors.ts";
export * from "./augment_instances.ts";
export * from "./boxes.ts";
export * from "./detections.ts";
export * from "./infer.ts";
export * from "./loss.ts";
export * from "./losses.ts";
export * from "./masks.ts";
export * from "./matching.ts";
export * from "./network.ts";
export * from "./roi_align.ts";
export * from "./task.ts";
