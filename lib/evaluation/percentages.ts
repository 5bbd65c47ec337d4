import type { Confusion } from "./confusion.ts";
import { instanceScores } from "./instance_scores.ts";
import type { InstanceMatches } from "./match_instances.ts";
import type { InstanceMetrics, PerClass } from "./metrics.ts";
import { type ClassChoice, segmentationScores } from "./segmentation_scores.ts";

/** A share 0…1 in percent, rounded to four decimals; `null` where there is nothing to divide by. */
export function percent(share: number | undefined): number | null {
  return share === undefined || Number.isNaN(share) ? null : Math.round(share * 1e6) / 1e4;
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
