/**
 * Data: data sets in the layout of PASCAL VOC, images and label maps, resizing, cropping and augmentation.
 * @module
 */
export type { CocoNumbers, FoundLabels, NamesById } from "./_label_names.ts";
export * from "./augment.ts";
export { COCO_CLASSES, VOC_CLASSES } from "./class_names.ts";
export { type CocoFolder, CROWDS, drawCoco, prepareCoco, type PrepareCocoOptions } from "./coco_folder.ts";
export * from "./crop.ts";
export * from "./dataset.ts";
export * from "./image.ts";
export { MaskError } from "./_mask.ts";
export * from "./inspect_folder.ts";
export * from "./random.ts";
export { type ImageSize, imageSize, readImage, readingSize } from "./read_image.ts";
export * from "./resize.ts";
export { doubtTeaching, type TeachingDoubts } from "./teaching.ts";
