import { areaUnderPrecision } from "./_area_under_precision.ts";
import { meanOfNumbers } from "./_mean.ts";
import { chosenClasses } from "./chosen_classes.ts";
import type { ClassChoice } from "./segmentation_scores.ts";

/** Average precision of image-level classification, 0…1. */
export interface ClassificationScores {
  /** Of each class the number of images that show it, and its average precision; NaN without any. */
  readonly rows: { readonly name: string; readonly images: number; readonly precision: number }[];
  /** Over the chosen classes that occur. */
  readonly mean: number;
}

/**
 * Average precision of image-level classification: the area under the precision envelope. Of equal logits the later
 * image comes first.
 *
 * @param logits One array [C] for each image; any monotone score will do.
 * @param options `labels`: the classes of each image, 0-based.
 * @throws RangeError if an image has not one finite logit for each class, or there are not labels for each image.
 * @throws Error if a chosen class does not exist.
 */
export function classificationScores(
  logits: readonly ArrayLike<number>[],
  { labels, classes, chosen = null }: ClassChoice & { readonly labels: readonly (readonly number[])[] },
): ClassificationScores {
  if (labels.length !== logits.length) {
    throw new RangeError(`Expected labels of ${logits.length} images but found ${labels.length}`);
  }
  logits.forEach((row, i) => {
    if (row.length !== classes.length || !Array.from(row).every(Number.isFinite)) {
      throw new RangeError(`Expected ${classes.length} finite logits of image ${i} but found ${Array.from(row)}`);
    }
  });
  const rows = classes.map((name, c) => {
    const shown = labels.map((those) => those.includes(c));
    const images = shown.filter(Boolean).length;
    return { name, images, precision: areaUnderPrecision(shown, logits.map((row) => row[c]!), images) };
  });
  return { rows, mean: meanOfNumbers(chosenClasses(classes, chosen).map((c) => rows[c]!.precision)) };
}
