import type { Random } from "../../data/mod.ts";
import { type Boxes, boxIou } from "./boxes.ts";

/** Match of a box that overlaps no object: background. */
export const BACKGROUND: number = -1;

/** Match of a box between background and object: neither is learned. */
export const UNDECIDED: number = -2;

/** Options of {@linkcode matchBoxes}. */
export interface MatchOptions {
  /** Boxes of the objects. */
  readonly objects: Boxes;
  /** Below this IoU a box is background. */
  readonly low: number;
  /** From this IoU on a box matches. */
  readonly high: number;
  /** True where the boxes that overlap an object most match even below `high`, so that each object has a match. */
  readonly everyObject?: boolean;
}

/**
 * Finds for each box the object it overlaps most, the first on ties.
 *
 * @param boxes [N, 4].
 * @param options Objects and thresholds.
 * @returns [N] indices of objects, {@linkcode BACKGROUND} or {@linkcode UNDECIDED}.
 */
export function matchBoxes(boxes: Boxes, { objects, low, high, everyObject = false }: MatchOptions): Int32Array {
  const count = boxes.length / 4, most = objects.length / 4;
  const best = new Int32Array(count), highest = new Float64Array(count);
  const reached = new Float64Array(most); // highest IoU of each object
  const overlaps = new Float64Array(everyObject ? count * most : 0);
  for (let i = 0; i < count; i++) {
    for (let t = 0; t < most; t++) {
      const iou = boxIou(boxes, i, { boxes: objects, index: t });
      if (iou > highest[i]!) [best[i], highest[i]] = [t, iou];
      if (iou > reached[t]!) reached[t] = iou;
      if (everyObject) overlaps[i * most + t] = iou;
    }
  }
  return Int32Array.from(best, (t, i) => {
    if (most > 0 && highest[i]! >= high) return t;
    for (let k = 0; everyObject && k < most; k++) {
      if (reached[k]! > 0 && overlaps[i * most + k] === reached[k]) return t;
    }
    return highest[i]! < low ? BACKGROUND : UNDECIDED;
  });
}

/** Options of {@linkcode sampleMatches}. */
export interface SampleOptions {
  /** Boxes in all; fewer where there are not so many. */
  readonly count: number;
  /** Largest fraction of them that matches an object. */
  readonly fraction: number;
  /** Source of random numbers. */
  readonly draw: Random;
}

/**
 * Draws boxes to learn from: matches up to their fraction, the rest background.
 *
 * @param matches Of {@linkcode matchBoxes}.
 * @returns Indices of boxes, in ascending order.
 */
export function sampleMatches(
  matches: Int32Array,
  { count, fraction, draw }: SampleOptions,
): { objects: number[]; background: number[] } {
  const all = Array.from(matches.keys());
  const objects = drawn(all.filter((i) => matches[i]! >= 0), Math.floor(count * fraction), draw);
  const background = drawn(all.filter((i) => matches[i] === BACKGROUND), count - objects.length, draw);
  return { objects, background };
}

/** Some of the items, each with the same chance. */
function drawn(items: number[], count: number, draw: Random): number[] {
  const size = Math.min(count, items.length);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(draw() * (items.length - i));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items.slice(0, size).sort((a, b) => a - b);
}
