import { areaUnderPrecision, byDescendingScore } from "./_area_under_precision.ts";
import { judgedInstances } from "./_judged.ts";
import type { InstanceMatches } from "./match_instances.ts";

/** Precision and recall of one class, 0…1. */
export interface PrecisionRecall {
  /** Number of true instances. */
  readonly truths: number;
  /** Least score of the instances that are counted, descending. */
  readonly score: number[];
  /** Of those, the share that is right. */
  readonly precision: number[];
  /** Of the true instances, the share that is found. */
  readonly recall: number[];
  /** Average precision, the area below the curve where precision is the best at this recall or a higher one. */
  readonly average: number;
}

/**
 * Precision and recall of a class's instances as more and more are counted, from the highest score down: the curve
 * whose area `instanceScores()` gives.
 *
 * @param matches One for each image, in the order of the list, which decides between equal scores.
 * @param options Class index, and the IoU that a match needs.
 * @returns One point for each predicted instance; without true instances recall and average are NaN.
 */
export function precisionRecall(
  matches: readonly InstanceMatches[],
  { class: c, iou }: { readonly class: number; readonly iou: number },
): PrecisionRecall {
  const { scores, right, truths } = judgedInstances(matches, { class: c, iou });
  const order = byDescendingScore(scores);
  let found = 0;
  const counts = order.map((i) => right[i] ? ++found : found);
  return {
    truths,
    score: order.map((i) => scores[i]!),
    precision: counts.map((count, n) => count / (n + 1)),
    recall: counts.map((count) => count / truths),
    average: areaUnderPrecision(right, scores, truths),
  };
}
