import type { ProgressOptions } from "../files/terminal.ts";

/** The formats in which masks, and class names, leave the project. */
export const EXPORT_FORMATS = ["coco", "coco-results", "voc", "voc-server", "cls-labels"] as const;

/** The stages whose instances can leave: IRNet's pseudo labels, and what Mask R-CNN found after training on masks. */
export const INSTANCE_STAGES = ["instance", "mask_rcnn_irnet", "mask_rcnn_truth"] as const;

/** Options of an export. */
export interface ExportOptions {
  /** Folder of the run. */
  readonly workdir: string;
  /** Format to write. */
  readonly format: typeof EXPORT_FORMATS[number];
  /** File or folder to write; absent: below `export` in the working directory. */
  readonly out?: string;
  /**
   * The images; absent: `data.inferList`, for ground truth `data.valList` where there is one, for what Mask R-CNN found
   * `downstream.valInstanceList`.
   */
  readonly list?: string;
  /** The stage whose instances are written. Default: `instance`, the pseudo labels. */
  readonly stage?: typeof INSTANCE_STAGES[number];
  /** Instances below this score are left out, and those of score 0, fragments, but from results: AP counts them. */
  readonly score?: number;
  /** Writes the ground truth of the data set instead of pseudo labels. */
  readonly truth?: boolean;
  /** For `voc-server`: folder of label maps; absent: the pseudo semantic labels. */
  readonly predictions?: string;
  /** For `voc-server`: VOC's competition. */
  readonly competition?: "comp5" | "comp6";
  /** Number of images that lists are cut to, as in the run. */
  readonly limit?: number;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Where progress is shown. */
  readonly progress?: ProgressOptions;
}
