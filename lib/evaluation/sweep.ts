import type { LabelMap } from "../data/image.ts";
import { percent } from "./percentages.ts";
import { addConfusion, type ClassChoice, type Confusion, emptyConfusion, segmentationScores } from "./segmentation.ts";
import { expectSameSize } from "./_shared.ts";

/** One confusion for each of many thresholds. */
export interface Sweep {
  /** Background scores, ascending. */
  readonly thresholds: number[];
  /** Counts at each. */
  readonly confusions: Confusion[];
}

/** Scored labels and ground truth of an image. */
export interface SweepPair {
  /** Best class of every pixel, 0 for none, and its score; `ScoredLabels` of the synthesis fits. */
  readonly scored: {
    readonly height: number;
    readonly width: number;
    readonly score: Float32Array;
    readonly label: Uint8Array;
  };
  /** Labels; 255 is left out. */
  readonly groundTruth: LabelMap;
}

/** Makes a sweep of nothing yet. @throws RangeError without thresholds. */
export function emptySweep(thresholds: readonly number[], labels: number): Sweep {
  if (thresholds.length === 0) throw new RangeError("Expected at least one threshold but found none");
  return {
    thresholds: [...thresholds].sort((a, b) => a - b),
    confusions: thresholds.map(() => emptyConfusion(labels)),
  };
}

/**
 * Counts one image at all thresholds in one pass: a pixel is of its best class where the score exceeds the threshold,
 * else background.
 *
 * @throws RangeError if the sizes differ or a label is out of range.
 */
export function countSweep({ thresholds, confusions }: Sweep, { scored, groundTruth }: SweepPair): void {
  expectSameSize(scored, groundTruth);
  const labels = confusions[0]!.labels, pairs = labels * labels;
  const limits = Float32Array.from(thresholds); // compared in single precision, as the scores are
  // Pixels by the number of thresholds that their score exceeds, then by label of the ground truth and best label.
  const histogram = new Uint32Array((limits.length + 1) * pairs);
  for (let i = 0; i < groundTruth.data.length; i++) {
    const expected = groundTruth.data[i]!, found = scored.label[i]!;
    if (expected === 255) continue;
    if (expected >= labels || found >= labels) {
      const [name, label] = expected >= labels ? ["ground-truth", expected] : ["predicted", found];
      throw new RangeError(`Expected ${name} labels 0…${labels - 1} but found ${label}`);
    }
    let exceeded = 0;
    while (exceeded < limits.length && scored.score[i]! > limits[exceeded]!) exceeded++;
    histogram[exceeded * pairs + expected * labels + found]!++;
  }
  for (let exceeded = 0; exceeded <= limits.length; exceeded++) {
    for (let pair = 0; pair < pairs; pair++) {
      const count = histogram[exceeded * pairs + pair]!;
      if (count === 0) continue;
      const background = pair - pair % labels;
      confusions.forEach(({ counts }, t) => counts[t < exceeded ? pair : background]! += count);
    }
  }
}

/** Adds a sweep to another. @throws RangeError if their thresholds or labels differ. */
export function addSweep(total: Sweep, part: Sweep): void {
  if (part.thresholds.join() !== total.thresholds.join()) {
    throw new RangeError(`Expected thresholds ${total.thresholds.join(", ")} but found ${part.thresholds.join(", ")}`);
  }
  total.confusions.forEach((confusion, t) => addConfusion(confusion, part.confusions[t]!));
}

/** Mean IoU at every threshold of a sweep, percent. */
export interface SweepMetrics {
  /** Ascending thresholds. */
  curve: { threshold: number; miou: number | null }[];
  /** Threshold where it is highest, the lowest on ties. */
  best: { threshold: number; miou: number | null };
}

/**
 * Works out the mean IoU at every threshold of a sweep.
 *
 * @throws Error if the confusions have not one label more than there are classes, or a chosen class does not exist.
 */
export function sweepMetrics({ thresholds, confusions }: Sweep, choice: ClassChoice): SweepMetrics {
  const means = confusions.map((confusion) => segmentationScores(confusion, choice).mean);
  const best = means.reduce((best, mean, t) => mean > means[best]! || Number.isNaN(means[best]) ? t : best, 0);
  const curve = thresholds.map((threshold, t) => ({ threshold, miou: percent(means[t]) }));
  return { curve, best: curve[best]! };
}

/** Mean IoU of pseudo semantic labels by the power of the CAMs and the threshold, percent. */
export interface PowerSweep {
  /** The list of the images. */
  split: string;
  /** Number of those with ground truth. */
  images: number;
  /** A row for each power, in the order asked for. */
  rows: ({ power: number } & SweepMetrics)[];
  /** Where it is highest, the first on ties. */
  best: { power: number; threshold: number; miou: number | null };
}

/** Works out the mean IoU of sweeps that differ in the power of the CAMs. @throws Error as {@linkcode sweepMetrics}. */
export function powerMetrics(
  sweeps: readonly Sweep[],
  { powers, split, images, ...choice }: ClassChoice & {
    readonly powers: readonly number[];
    readonly split: string;
    readonly images: number;
  },
): PowerSweep {
  const rows = sweeps.map((sweep, p) => ({ power: powers[p]!, ...sweepMetrics(sweep, choice) }));
  const best = rows.map(({ power, best }) => ({ power, ...best }))
    .reduce((best, row) => (row.miou ?? -1) > (best.miou ?? -1) ? row : best);
  return { split, images, rows, best };
}
