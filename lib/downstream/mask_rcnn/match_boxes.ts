import { type Boxes, boxIou } from "./boxes.ts";

/** Matches no true box: background. */
export const BACKGROUND: number = -1;
/** Between background and object: neither is learned. */
export const UNDECIDED: number = -2;

/** What counts as a match. */
export interface MatchOptions {
  /** The true boxes. */
  readonly truths: Boxes;
  /** Below this IoU a box is background. */
  readonly low: number;
  /** From this IoU on a box matches. */
  readonly high: number;
  /** Whether the boxes that overlap a true one most match even below `high`, so that each true box has a match. */
  readonly everyTruth?: boolean;
}

/**
 * For each box the true one it overlaps most, the first on ties.
 *
 * @param boxes [N, 4].
 * @param options True boxes and thresholds.
 * @returns Indices of true boxes, {@linkcode BACKGROUND} or {@linkcode UNDECIDED}.
 */
export function matchBoxes(boxes: Boxes, { truths, low, high, everyTruth = false }: MatchOptions): Int32Array {
  const count = boxes.length / 4, objects = truths.length / 4;
  const best = new Int32Array(count), highest = new Float64Array(count);
  const reached = new Float64Array(objects); // highest IoU of each true box
  const overlaps = new Float64Array(everyTruth ? count * objects : 0);
  for (let i = 0; i < count; i++) {
    for (let t = 0; t < objects; t++) {
      const iou = boxIou(boxes, i, { boxes: truths, index: t });
      if (iou > highest[i]!) [best[i], highest[i]] = [t, iou];
      if (iou > reached[t]!) reached[t] = iou;
      if (everyTruth) overlaps[i * objects + t] = iou;
    }
  }
  return Int32Array.from(best, (t, i) => {
    if (objects > 0 && highest[i]! >= high) return t;
    for (let k = 0; everyTruth && k < objects; k++) {
      if (reached[k]! > 0 && overlaps[i * objects + k] === reached[k]) return t;
    }
    return highest[i]! < low ? BACKGROUND : UNDECIDED;
  });
}
