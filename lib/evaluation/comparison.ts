import { addConfusion, type Confusion, emptyConfusion } from "./segmentation.ts";
import type { InstanceMatches } from "./instances.ts";
import { type InstanceMetrics, instancePercentages, type PerClass, semanticPercentages } from "./percentages.ts";

/** Counts of one image: semantic labels and instances by the names of their makers. It survives JSON. */
export interface ComparisonMeasurement {
  /** Pixels by true and predicted label. */
  readonly semantic: Readonly<Record<string, Confusion>>;
  /** Predicted instances and those of the ground truth. */
  readonly instance: Readonly<Record<string, InstanceMatches>>;
}

/** Row about semantic labels, percent. */
export interface SemanticRow {
  /** Number of images. */
  images: number;
  /** Mean IoU over background and the chosen classes. */
  miou: number | null;
  /** IoU by class. */
  perClass: PerClass;
}

/** Row about instances, percent. */
export type InstanceRow = { images: number } & InstanceMetrics;

/** All rows, by the names of their makers. */
export interface ComparisonRows {
  /** Semantic labels. */
  semantic: Record<string, SemanticRow>;
  /** Instances. */
  instance: Record<string, InstanceRow>;
}

/** Class names and IoU thresholds. */
export interface ComparisonOptions {
  /** Class names. */
  readonly classes: readonly string[];
  /** Names of those that enter the means; `null`: all. */
  readonly chosen: readonly string[] | null;
  /** IoU thresholds of AP. */
  readonly ious: readonly number[];
}

/** Counts of all images so far, added up maker by maker; of instances the matches of each image. */
export class ComparisonTotals {
  /** Pixels by true and predicted label. */
  readonly semantic: Map<string, { images: number; readonly confusion: Confusion }> = new Map();
  /** Predicted instances and those of the ground truth. */
  readonly instance: Map<string, InstanceMatches[]> = new Map();

  /** Adds the next image, in the order of the list, which decides between equal scores. */
  add({ semantic, instance }: ComparisonMeasurement): void {
    for (const [maker, confusion] of Object.entries(semantic)) {
      const sum = this.semantic.get(maker) ?? { images: 0, confusion: emptyConfusion(confusion.labels) };
      addConfusion(sum.confusion, confusion);
      sum.images++;
      this.semantic.set(maker, sum);
    }
    for (const [maker, matches] of Object.entries(instance)) {
      const all = this.instance.get(maker) ?? [];
      all.push(matches);
      this.instance.set(maker, all);
    }
  }
}

/**
 * Works out the rows of a comparison.
 *
 * @param totals Counts of all images.
 * @returns A row for each maker that occurs, in percent, rounded to four decimals.
 */
export function compareMakers(
  totals: ComparisonTotals,
  { classes, chosen, ious }: ComparisonOptions,
): ComparisonRows {
  const rows: ComparisonRows = { semantic: {}, instance: {} };
  for (const [maker, { images, confusion }] of totals.semantic) {
    rows.semantic[maker] = { images, ...semanticPercentages(confusion, { classes, chosen }) };
  }
  for (const [maker, matches] of totals.instance) {
    rows.instance[maker] = { images: matches.length, ...instancePercentages(matches, { classes, chosen, ious }) };
  }
  return rows;
}
