/**
 * How good classes, labels and masks are, counted as PASCAL VOC counts.
 *
 * Images are counted one by one into plain objects that survive JSON and `postMessage` and can be added up; scores are
 * worked out at the end.
 * @module
 */
export * from "./chosen_classes.ts";
export * from "./classification_scores.ts";
export * from "./comparison.ts";
export * from "./confusion.ts";
export * from "./image_iou.ts";
export * from "./instance_scores.ts";
export * from "./label_counts.ts";
export * from "./match_instances.ts";
export * from "./metrics.ts";
export * from "./precision_recall.ts";
export * from "./not_judged.ts";
export * from "./percentages.ts";
export * from "./segmentation_scores.ts";
export * from "./sweep.ts";
export * from "./true_instances.ts";
export type { LabelMap } from "../data/image.ts";
