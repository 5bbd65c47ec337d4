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

/**
 * Adds up the measurements of images, maker by maker.
 *
 * @param measurements In the order of the list, which decides between equal scores.
 * @returns A row for each maker that occurs, in percent, rounded to four decimals.
 */
export function compareMakers(
  measurements: readonly ComparisonMeasurement[],
  { classes, chosen, ious }: ComparisonOptions,
): ComparisonRows {
  const rows: ComparisonRows = { semantic: {}, instance: {} };
  for (const maker of makersOf(measurements, "semantic")) {
    const parts = measurements.flatMap(({ semantic }) => semantic[maker] ?? []);
    const total = emptyConfusion(classes.length + 1);
    for (const part of parts) addConfusion(total, part);
    rows.semantic[maker] = { images: parts.length, ...semanticPercentages(total, { classes, chosen }) };
  }
  for (const maker of makersOf(measurements, "instance")) {
    const parts = measurements.flatMap(({ instance }) => instance[maker] ?? []);
    rows.instance[maker] = { images: parts.length, ...instancePercentages(parts, { classes, chosen, ious }) };
  }
  return rows;
}

function makersOf(measurements: readonly ComparisonMeasurement[], part: keyof ComparisonMeasurement): string[] {
  return [...new Set(measurements.flatMap((measurement) => Object.keys(measurement[part])))];
}
