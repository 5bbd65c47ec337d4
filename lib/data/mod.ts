/**
 * Data: data sets in the layout of PASCAL VOC, pictures and label maps, resizing, cropping and augmentation.
 * @module
 */
export * from "./augment.ts";
export * from "./crop.ts";
export * from "./dataset.ts";
export * from "./epoch_batch.ts";
export * from "./epoch_order.ts";
export * from "./flip.ts";
export * from "./image.ts";
export * from "./inspect_folder.ts";
export * from "./normalise.ts";
export * from "./palette.ts";
export * from "./picture_size.ts";
export * from "./random.ts";
export * from "./read_image.ts";
export * from "./resize.ts";
