/** The formats in which masks leave the project. */
export const EXPORT_FORMATS = ["coco", "coco-results", "voc", "voc-server"] as const;

/** The stages whose instances can leave: IRNet's pseudo labels, and what Mask R-CNN found after training on masks. */
export const INSTANCE_STAGES = ["instance", "mask_rcnn_irnet", "mask_rcnn_truth"] as const;
