/**
 * Average precision of detected instances and of classification, and its curve.
 * @module
 */
import { meanOfNumbers } from "./_shared.ts";
import type { InstanceMatches } from "./instances.ts";
import { chosenClasses, type ClassChoice } from "./segmentation.ts";

/** Average precision of instances, 0…1. */
export interface InstanceScores {
  /** IoU thresholds. */
  readonly ious: number[];
  /** Of each class the number of ground-truth instances, and its average precision by threshold; NaN without any. */
  readonly rows: { readonly name: string; readonly instances: number; readonly precision: number[] }[];
  /** By threshold, over the chosen classes that have ground-truth instances. */
  readonly means: number[];
}

/**
 * Works out the average precision of instances at IoU thresholds, as PASCAL VOC counts since 2010.
 *
 * In an image, instances of a class come by descending score; each takes the ground-truth instance it overlaps most, or
 * is wrong if the IoU is below the threshold or that instance is taken. Then those of all images come by descending
 * score. Of equal scores the later comes first, both times: what a stable sort, reversed, gives in the released code.
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
    const judged = ious.map((iou) => scoredDetections(matches, { class: c, iou }));
    const instances = matches.reduce((sum, image) => sum + image.truths.filter((truth) => truth === c).length, 0);
    return {
      name,
      instances,
      precision: judged.map(({ right, scores }) => areaUnderPrecision(right, scores, instances)),
    };
  });
  const means = chosenClasses(classes, chosen);
  return {
    ious: [...ious],
    rows,
    means: ious.map((_, t) => meanOfNumbers(means.map((c) => rows[c]!.precision[t]!))),
  };
}

/** Precision and recall of one class, 0…1. */
export interface PrecisionRecall {
  /** Number of ground-truth instances. */
  readonly instances: number;
  /** Least score of the instances that are counted, descending. */
  readonly score: number[];
  /** Of those, the fraction that is right. */
  readonly precision: number[];
  /** Of the ground-truth instances, the fraction that is found. */
  readonly recall: number[];
  /** Average precision, the area below the curve where precision is the best at this recall or a higher one. */
  readonly average: number;
}

/**
 * Works out precision and recall of a class's instances as more and more are counted, from the highest score down: the curve
 * whose area `instanceScores()` gives.
 *
 * @param matches One for each image, in the order of the list, which decides between equal scores.
 * @param options Class index, and the IoU that a match needs.
 * @returns One point for each predicted instance; without ground truth recall and average are NaN.
 */
export function precisionRecall(
  matches: readonly InstanceMatches[],
  { class: c, iou }: { readonly class: number; readonly iou: number },
): PrecisionRecall {
  const { scores, right, instances } = scoredDetections(matches, { class: c, iou });
  const order = byDescendingScore(scores);
  let found = 0;
  const counts = order.map((i) => right[i] ? ++found : found);
  return {
    instances,
    score: order.map((i) => scores[i]!),
    precision: counts.map((count, n) => count / (n + 1)),
    recall: counts.map((count) => count / instances),
    average: areaUnderPrecision(right, scores, instances),
  };
}

/** Average precision of image-level classification, 0…1. */
export interface ClassificationScores {
  /** Of each class the number of images that show it, and its average precision; NaN without any. */
  readonly rows: { readonly name: string; readonly images: number; readonly precision: number }[];
  /** Over the chosen classes that occur. */
  readonly mean: number;
}

/**
 * Works out the average precision of image-level classification: the area under the precision envelope. Of equal
 * logits the later image comes first.
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

/**
 * The predicted instances of one class in all images by descending score: the images they are of, and which are right.
 */
export function judgedDetections(
  matches: readonly InstanceMatches[],
  options: { readonly class: number; readonly iou: number },
): { image: number[]; right: boolean[] } {
  const { scores, right, images } = scoredDetections(matches, options), order = byDescendingScore(scores);
  return { image: order.map((i) => images[i]!), right: order.map((i) => right[i]!) };
}

/** The predicted instances of one class in all images: scores, and which count as right. */
function scoredDetections(
  matches: readonly InstanceMatches[],
  { class: c, iou }: { readonly class: number; readonly iou: number },
): { scores: number[]; right: boolean[]; images: number[]; instances: number } {
  const scores: number[] = [], right: boolean[] = [], images: number[] = [];
  let instances = 0;
  for (const [n, image] of matches.entries()) {
    instances += image.truths.filter((truth) => truth === c).length;
    const found = image.found.filter((one) => one.class === c);
    const taken = new Set<number>();
    for (const i of byDescendingScore(found.map(({ score }) => score))) {
      const one = found[i]!;
      const matching = one.truth >= 0 && one.iou >= Math.fround(iou);
      scores.push(one.score);
      images.push(n);
      right.push(matching && !taken.has(one.truth));
      if (matching) taken.add(one.truth);
    }
  }
  return { scores, right, images, instances };
}

/** Indices by descending score. Of equal scores the later comes first, as a reversed stable sort has it. */
export function byDescendingScore(scores: ArrayLike<number>): number[] {
  return Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || b - a);
}

/**
 * Average precision: the area under precision over recall, where precision is the best at this recall or a higher one.
 *
 * @param right Whether each answer, in any order, is right.
 * @param scores Confidences of the answers.
 * @param positives How many right answers there are. @returns NaN if there are none.
 */
export function areaUnderPrecision(right: ArrayLike<boolean>, scores: ArrayLike<number>, positives: number): number {
  if (positives === 0) return NaN;
  const precision: number[] = [], recall: number[] = [];
  let found = 0;
  for (const i of byDescendingScore(scores)) {
    if (right[i]) found++;
    precision.push(found / (precision.length + 1));
    recall.push(found / positives);
  }
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  let area = 0;
  for (let i = 0; i < recall.length; i++) area += (recall[i]! - (recall[i - 1] ?? 0)) * precision[i]!;
  return area;
}
