import { areaUnderPrecision } from "./_area_under_precision.ts";
import { judgedInstances } from "./_judged.ts";
import { meanOfNumbers } from "./_mean.ts";
import { chosenClasses } from "./chosen_classes.ts";
import type { InstanceMatches } from "./match_instances.ts";
import type { ClassChoice } from "./segmentation_scores.ts";

/** Average precision of instances, 0…1. */
export interface InstanceScores {
  /** IoU thresholds. */
  readonly ious: number[];
  /** Of each class the number of true instances, and its average precision by threshold; NaN without true ones. */
  readonly rows: { readonly name: string; readonly truths: number; readonly precision: number[] }[];
  /** By threshold, over the chosen classes that have true instances. */
  readonly means: number[];
}

/**
 * Average precision of instances at IoU thresholds, as PASCAL VOC counts since 2010.
 *
 * In an image, instances of a class come by descending score; each takes the true instance it overlaps most, or is
 * wrong if the IoU is below the threshold or the true one is taken. Then those of all images come by descending score.
 * Of equal scores the later comes first, both times: what a stable sort, reversed, gives in the released code.
 *
 * @param matches One for each image, in the order of the list, which decides between equal scores.
 * @throws RangeError if a class is out of range.
 * @throws Error if a chosen class does not exist.
 */
export function instanceScores(
  matches: readonly InstanceMatches[],
  { classes, chosen = null, ious }: ClassChoice & { readonly ious: readonly number[] },
): InstanceScores {
  const strange = matches.flatMap(({ truths, found }) => [...truths, ...found.map((one) => one.class)])
    .find((c) => !(c >= 0 && c < classes.length));
  if (strange !== undefined) throw new RangeError(`Expected classes 0…${classes.length - 1} but found ${strange}`);

  const rows = classes.map((name, c) => {
    const judged = ious.map((iou) => judgedInstances(matches, { class: c, iou }));
    const truths = matches.reduce((sum, image) => sum + image.truths.filter((truth) => truth === c).length, 0);
    return { name, truths, precision: judged.map(({ right, scores }) => areaUnderPrecision(right, scores, truths)) };
  });
  const means = chosenClasses(classes, chosen);
  return {
    ious: [...ious],
    rows,
    means: ious.map((_, t) => meanOfNumbers(means.map((c) => rows[c]!.precision[t]!))),
  };
}
