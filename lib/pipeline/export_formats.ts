/** The formats in which masks leave the project. */
export const EXPORT_FORMATS = ["coco", "coco-results", "voc", "voc-server"] as const;
