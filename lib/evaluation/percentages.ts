import { type ClassChoice, type Confusion, segmentationScores } from "./segmentation.ts";
import { instanceScores } from "./average_precision.ts";
import type { InstanceMatches } from "./instances.ts";

/** Percentages by class name; `null` where a class does not occur. */
export type PerClass = Record<string, number | null>;

/** Average precision at several IoU thresholds: `ap50`, `ap70`, … in percent. */
export type AveragePrecisions = Record<`ap${number}`, number | null>;

/** Average precisions and their rows. */
export type InstanceMetrics = AveragePrecisions & {
  /** By IoU threshold (`ap50`), then class. */
  perClass: Record<string, PerClass>;
};

/** Gives a fraction 0…1 in percent, rounded to four decimals; `null` where there is nothing to divide by. */
export function percent(fraction: number | undefined): number | null {
  return fraction === undefined || Number.isNaN(fraction) ? null : Math.round(fraction * 1e6) / 1e4;
}

/** Percentages of rows by their names. */
export function namedPercentages<T extends { readonly name: string }>(
  rows: readonly T[],
  value: (row: T) => number | undefined,
): PerClass {
  return Object.fromEntries(rows.map((row) => [row.name, percent(value(row))]));
}

/** Mean IoU of label maps, and the IoU of background and every class, percent. */
export function semanticPercentages(
  confusion: Confusion,
  choice: ClassChoice,
): { miou: number | null; perClass: PerClass } {
  const { rows, mean } = segmentationScores(confusion, choice);
  return { miou: percent(mean), perClass: namedPercentages(rows, ({ iou }) => iou) };
}

/** Mean average precisions of instances and those of every class, percent, by IoU threshold: `ap50`, `ap70`, …. */
export function instancePercentages(
  matches: readonly InstanceMatches[],
  options: ClassChoice & { readonly ious: readonly number[] },
): InstanceMetrics {
  const { ious, rows, means } = instanceScores(matches, options);
  const keys = ious.map((iou) => `ap${Math.round(iou * 100)}` as const);
  return {
    ...Object.fromEntries(keys.map((key, i) => [key, percent(means[i])])),
    perClass: Object.fromEntries(keys.map((key, i) => [key, namedPercentages(rows, ({ precision }) => precision[i])])),
  } as InstanceMetrics;
}
