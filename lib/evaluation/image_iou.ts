import type { LabelMap } from "../data/image.ts";
import { countConfusion, emptyConfusion } from "./confusion.ts";
import { segmentationScores } from "./segmentation_scores.ts";

/**
 * IoU of one image: the mean over the labels, background included, that its prediction or its truth has. Means over a
 * data set are not means of these; they add up the pixels of all images first.
 *
 * @param predicted Labels 0…classes; 255 counts as background.
 * @param truth Labels 0…classes; 255 is left out.
 * @param options Names of the classes.
 * @returns Mean IoU in 0…1; NaN where the truth has no pixel at all.
 * @throws RangeError if the sizes differ or a label is out of range.
 * @example
 * ```ts
 * import { imageIou } from "./image_iou.ts";
 * const size = { height: 1, width: 4 };
 * const predicted = { ...size, data: Uint8Array.of(0, 0, 1, 1) }, truth = { ...size, data: Uint8Array.of(0, 1, 1, 1) };
 * imageIou(predicted, truth, { classes: ["cat"] }); // (1/2 + 2/3) / 2
 * ```
 */
export function imageIou(
  predicted: LabelMap,
  truth: LabelMap,
  { classes }: { readonly classes: readonly string[] },
): number {
  const confusion = emptyConfusion(classes.length + 1);
  countConfusion(confusion, { predicted, truth, uncertainIsBackground: true });
  return segmentationScores(confusion, { classes }).mean;
}
