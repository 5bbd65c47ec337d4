import { BOX_WEIGHTS, decodeBoxes } from "./anchors.ts";
import { type Boxes, clipBoxes, pickBoxes, suppress } from "./boxes.ts";
/** Least score of a detection. */
const LEAST_SCORE = 0.05;
/** Detections of one class overlap each other by at most this IoU. */
const OVERLAP = 0.5;
/** Least side of a detection in pixels. */
const LEAST_SIDE = 1e-2;

/** Objects that were found in an image, best first. */
export interface Detections {
  /** [N, 4]. */
  readonly boxes: Boxes;
  /** [N] classes, 0-based. */
  readonly classes: number[];
  /** [N] 0…1. */
  readonly scores: number[];
}

/**
 * Picks the detections of an image: every region may be one of every class, with a box of its own; of a class those
 * that overlap a better one are left out.
 *
 * @param found `scores`: [R, 1 + classes] logits, background first; `codes`: [R, classes, 4].
 * @param options The regions, size of the image in pixels, and number of detections to keep.
 */
export function detections(
  { scores, codes }: { readonly scores: Float32Array; readonly codes: Float32Array },
  { regions, size, most }: {
    readonly regions: Boxes;
    readonly size: { readonly height: number; readonly width: number };
    readonly most: number;
  },
): Detections {
  const count = regions.length / 4, classes = scores.length / Math.max(count, 1) - 1;
  const found = { boxes: [] as number[], classes: [] as number[], scores: [] as number[] };
  for (let r = 0; r < count; r++) {
    const row = scores.subarray(r * (classes + 1), (r + 1) * (classes + 1));
    const highest = row.reduce((a, b) => Math.max(a, b));
    const sum = row.reduce((total, x) => total + Math.exp(x - highest), 0);
    const region = regions.subarray(4 * r, 4 * r + 4);
    for (let c = 0; c < classes; c++) {
      const score = Math.exp(row[c + 1]! - highest) / sum, at = (r * classes + c) * 4;
      if (!(score > LEAST_SCORE)) continue;
      const box = clipBoxes(decodeBoxes(region, { codes: codes.subarray(at, at + 4), weights: BOX_WEIGHTS }), size);
      if (!(box[2]! - box[0]! >= LEAST_SIDE && box[3]! - box[1]! >= LEAST_SIDE)) continue;
      found.boxes.push(...box);
      found.classes.push(c);
      found.scores.push(score);
    }
  }
  const boxes = Float32Array.from(found.boxes);
  const kept = suppress(boxes, { scores: found.scores, groups: found.classes, iou: OVERLAP, most });
  return {
    boxes: pickBoxes(boxes, kept),
    classes: kept.map((i) => found.classes[i]!),
    scores: kept.map((i) => found.scores[i]!),
  };
}
