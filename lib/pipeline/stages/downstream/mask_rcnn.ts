import type { ImageStage, WholeStage } from "../../../stage.ts";

/** Sources of instance masks to train on. */
export type MaskSource = "irnet" | "truth";

/** Those that are compared. */
export const MASK_SOURCES: readonly MaskSource[] = [];

/** Trains Mask R-CNN on the instance masks of a source. */
export function trainMaskRcnnStage(source: MaskSource): WholeStage {
  throw new Error(`Expected no training on ${source}`);
}

/** Instances that Mask R-CNN predicts for images it has not seen. */
export function inferMaskRcnnStage(source: MaskSource): ImageStage {
  throw new Error(`Expected no training on ${source}`);
}
