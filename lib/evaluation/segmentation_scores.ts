import { chosenClasses } from "./chosen_classes.ts";
import type { Confusion } from "./confusion.ts";
import { meanOfNumbers } from "./_mean.ts";

/** Scores of one label, 0…1; NaN where there is nothing to divide by. */
export interface SegmentationRow {
  /** Name of the class, or `background`. */
  readonly name: string;
  /** Pixels right, of those that are or are called so. */
  readonly iou: number;
  /** Pixels right, of those called so. */
  readonly precision: number;
  /** Pixels right, of those that are so. */
  readonly recall: number;
}

/** Scores of semantic masks. */
export interface SegmentationScores {
  /** Background and all classes. */
  readonly rows: SegmentationRow[];
  /** Mean IoU over background and the chosen classes, those that never occur left out. */
  readonly mean: number;
}

/** Class names and those that enter the mean. */
export interface ClassChoice {
  /** All class names; label of class index 0 is 1. */
  readonly classes: readonly string[];
  /** Names of the classes that enter the mean; `null`: all. */
  readonly chosen?: readonly string[] | null;
}

/**
 * Intersection over union of every label and their mean.
 *
 * @throws Error if the confusion has not one label more than there are classes, or a chosen class does not exist.
 */
export function segmentationScores(
  { labels, counts }: Confusion,
  { classes, chosen = null }: ClassChoice,
): SegmentationScores {
  if (labels !== classes.length + 1) {
    throw new RangeError(`Expected a confusion of ${classes.length + 1} labels but found ${labels}`);
  }
  const rows = ["background", ...classes].map((name, label) => {
    let is = 0, called = 0;
    for (let other = 0; other < labels; other++) {
      is += counts[label * labels + other]!;
      called += counts[other * labels + label]!;
    }
    const right = counts[label * labels + label]!;
    return { name, iou: right / (is + called - right), precision: right / called, recall: right / is };
  });
  const means = [0, ...chosenClasses(classes, chosen).map((c) => c + 1)];
  return { rows, mean: meanOfNumbers(means.map((label) => rows[label]!.iou)) };
}
