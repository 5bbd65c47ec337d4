/**
 * Formats of other programs: data sets and results of COCO, label maps of VOC.
 * @module
 */
export * from "./class_labels.ts";
export * from "./coco_dataset.ts";
export * from "./coco_segmentation.ts";
export * from "./coco_writer.ts";
export * from "./run_lengths.ts";
export * from "./voc_labels.ts";
export type { LabelMap } from "../files/png.ts";
