/**
 * Mask R-CNN with a feature pyramid, trained on pseudo instance labels.
 * @module
 */
export * from "./anchors.ts";
export * from "./augment_instances.ts";
export * from "./box_coding.ts";
export * from "./boxes.ts";
export * from "./detections.ts";
export * from "./infer.ts";
export * from "./loss.ts";
export * from "./losses.ts";
export * from "./mask_target.ts";
export * from "./match_boxes.ts";
export * from "./network.ts";
export * from "./paste_mask.ts";
export * from "./proposals.ts";
export * from "./region_levels.ts";
export * from "./roi_align.ts";
export * from "./sample_matches.ts";
export * from "./suppress.ts";
export * from "./task.ts";
