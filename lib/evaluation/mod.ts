/**
 * Scores of classes, labels and masks, counted as PASCAL VOC counts.
 *
 * Images are counted one by one into plain objects that survive JSON and `postMessage` and can be added up; scores are
 * worked out at the end.
 * @module
 */
export * from "./analysis.ts";
export * from "./average_precision.ts";
export * from "./bootstrap.ts";
export * from "./choose_threshold.ts";
export * from "./class_thresholds.ts";
export * from "./classifier_quality.ts";
export * from "./coco_evaluation.ts";
export * from "./comparison.ts";
export * from "./image_records.ts";
export * from "./instance_errors.ts";
export * from "./instances.ts";
export * from "./label_counts.ts";
export * from "./metrics.ts";
export * from "./paired.ts";
export * from "./percentages.ts";
export * from "./segmentation.ts";
export * from "./sweep.ts";
export * from "./threshold_origin.ts";
export type { LabelMap } from "../data/image.ts";
