import type { LabelMap } from "../data/image.ts";
import { expectSameSize } from "./_same_size.ts";

/** Pixels by true and predicted label. */
export interface Confusion {
  /** Number of labels, background included. */
  readonly labels: number;
  /** [labels, labels], rows: truth, columns: prediction. */
  readonly counts: number[];
}

/** What is compared. */
export interface ConfusionPair {
  /** Labels 0…labels − 1. */
  readonly predicted: LabelMap;
  /** Labels 0…labels − 1; 255 is left out. */
  readonly truth: LabelMap;
  /** Whether a predicted 255 counts as 0; else it is an error. */
  readonly uncertainIsBackground?: boolean;
}

/** A confusion of nothing yet. */
export function emptyConfusion(labels: number): Confusion {
  return { labels, counts: new Array<number>(labels * labels).fill(0) };
}

/**
 * Counts the pixels of one image into a confusion.
 *
 * @throws RangeError if the sizes differ or a label is out of range.
 * @example
 * ```ts
 * import { countConfusion, emptyConfusion } from "./confusion.ts";
 * const total = emptyConfusion(2), size = { height: 1, width: 3 };
 * const predicted = { ...size, data: Uint8Array.of(0, 1, 1) }, truth = { ...size, data: Uint8Array.of(0, 0, 255) };
 * countConfusion(total, { predicted, truth }); // counts 1 1 0 0
 * ```
 */
export function countConfusion(
  { labels, counts }: Confusion,
  { predicted, truth, uncertainIsBackground = false }: ConfusionPair,
): void {
  expectSameSize(predicted, truth);
  const pairs = new Uint32Array(labels * labels);
  for (let i = 0; i < truth.data.length; i++) {
    const expected = truth.data[i]!;
    if (expected === 255) continue;
    const found = uncertainIsBackground && predicted.data[i] === 255 ? 0 : predicted.data[i]!;
    if (expected >= labels || found >= labels) {
      const [name, label] = expected >= labels ? ["true", expected] : ["predicted", found];
      throw new RangeError(`Expected ${name} labels 0…${labels - 1} but found ${label}`);
    }
    pairs[expected * labels + found]!++;
  }
  pairs.forEach((count, i) => counts[i]! += count);
}

/** Adds a confusion to another. @throws RangeError if they have different numbers of labels. */
export function addConfusion(total: Confusion, part: Confusion): void {
  if (part.labels !== total.labels) {
    throw new RangeError(`Expected a confusion of ${total.labels} labels but found ${part.labels}`);
  }
  part.counts.forEach((count, i) => total.counts[i]! += count);
}
