import { roundHalfToEven } from "../../data/resize.ts";
import { type Boxes, clipBoxes, pickBoxes, suppress } from "./boxes.ts";

/** Heights over widths of the anchors at a position. */
export const ANCHOR_RATIOS: readonly number[] = [0.5, 1, 2];

/** Level of the pyramid. */
export interface Level {
  /** Image pixels from one position to the next. */
  readonly stride: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * Makes the anchors of a level: boxes of one area and three shapes around every position, rounded to whole pixels.
 *
 * @param level Grid of positions; the first is at the corner of the image.
 * @param side Side of the square anchor in pixels.
 * @returns [height · width · 3, 4], row by row, the widest of a position first.
 */
export function levelAnchors({ stride, height, width }: Level, side: number): Boxes {
  const shapes = ANCHOR_RATIOS.map((ratio) => {
    const root = Math.sqrt(ratio);
    return { x: roundHalfToEven(side / root / 2), y: roundHalfToEven(side * root / 2) };
  });
  const anchors = new Float32Array(height * width * shapes.length * 4);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (const { x, y } of shapes) {
        anchors.set([column * stride - x, row * stride - y, column * stride + x, row * stride + y], at);
        at += 4;
      }
    }
  }
  return anchors;
}

/** Factors on what is regressed: of the shift of the centre by x and y, and of the logarithms of width and height. */
export type CodingWeights = readonly [x: number, y: number, width: number, height: number];

/** Factors of the proposals. */
export const PROPOSAL_WEIGHTS: CodingWeights = [1, 1, 1, 1];

/** Factors of the boxes of the second stage. */
export const BOX_WEIGHTS: CodingWeights = [10, 10, 5, 5];

/** Largest logarithm of a factor on width or height, so that no box becomes infinite. */
const LARGEST = Math.log(1000 / 16);

/**
 * Encodes boxes as what leads to them from anchors: the shift of the centre by x and y in widths and heights of the anchor, and the
 * logarithms of the factors on width and height, times their weights (Faster R-CNN, section "Loss Function").
 *
 * @param anchors [N, 4].
 * @param boxes [N, 4], one for each anchor.
 * @param weights Factors.
 * @returns [N, 4] f32.
 */
export function encodeBoxes(
  anchors: Boxes,
  { boxes, weights: [wx, wy, ww, wh] }: { boxes: Boxes; weights: CodingWeights },
): Float32Array<ArrayBuffer> {
  const codes = new Float32Array(anchors.length);
  for (let i = 0; i < anchors.length; i += 4) {
    const width = anchors[i + 2]! - anchors[i]!, height = anchors[i + 3]! - anchors[i + 1]!;
    codes[i] = wx * ((boxes[i]! + boxes[i + 2]!) / 2 - anchors[i]! - width / 2) / width;
    codes[i + 1] = wy * ((boxes[i + 1]! + boxes[i + 3]!) / 2 - anchors[i + 1]! - height / 2) / height;
    codes[i + 2] = ww * Math.log((boxes[i + 2]! - boxes[i]!) / width);
    codes[i + 3] = wh * Math.log((boxes[i + 3]! - boxes[i + 1]!) / height);
  }
  return codes;
}

/**
 * Decodes the boxes that {@linkcode encodeBoxes} encodes.
 *
 * @param anchors [N, 4].
 * @param codes [N, 4].
 * @param weights Factors.
 * @returns [N, 4].
 */
export function decodeBoxes(
  anchors: Boxes,
  { codes, weights: [wx, wy, ww, wh] }: { codes: Float32Array; weights: CodingWeights },
): Boxes {
  const boxes = new Float32Array(anchors.length);
  for (let i = 0; i < anchors.length; i += 4) {
    const width = anchors[i + 2]! - anchors[i]!, height = anchors[i + 3]! - anchors[i + 1]!;
    const x = anchors[i]! + width / 2 + codes[i]! / wx * width;
    const y = anchors[i + 1]! + height / 2 + codes[i + 1]! / wy * height;
    const halfWidth = width / 2 * Math.exp(Math.min(codes[i + 2]! / ww, LARGEST));
    const halfHeight = height / 2 * Math.exp(Math.min(codes[i + 3]! / wh, LARGEST));
    boxes.set([x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], i);
  }
  return boxes;
}

/** Proposals overlap each other by at most this IoU. */
const OVERLAP = 0.7;

/** Least side of a proposal in pixels. */
const LEAST_SIDE = 1e-3;

/** Options of {@linkcode proposals}. */
export interface ProposalOptions {
  /** Size of the image, pixels. */
  readonly size: { readonly height: number; readonly width: number };
  /** Anchors of each level. */
  readonly anchors: readonly Boxes[];
  /** Of each level the best are looked at. */
  readonly perLevel: number;
  /** Proposals of the image. */
  readonly most: number;
}

/**
 * Proposes where objects may be: of each level the likeliest anchors, moved as the network says, clipped, without those
 * that overlap a better one of their level.
 *
 * @param objectness [A] logits of all levels.
 * @param codes [A, 4].
 * @param options Anchors and numbers.
 * @returns Boxes, likeliest first.
 */
export function proposals(
  { objectness, codes }: { readonly objectness: Float32Array; readonly codes: Float32Array },
  { size, anchors, perLevel, most }: ProposalOptions,
): Boxes {
  const boxes: number[] = [], scores: number[] = [], groups: number[] = [];
  let first = 0;
  for (const [level, all] of anchors.entries()) {
    const count = all.length / 4, logits = objectness.subarray(first, first + count);
    const best = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, perLevel);
    const moved = decodeBoxes(pickBoxes(all, best), {
      codes: pickBoxes(codes, best.map((i) => first + i)),
      weights: PROPOSAL_WEIGHTS,
    });
    clipBoxes(moved, size);
    for (const [i, anchor] of best.entries()) {
      const box = moved.subarray(4 * i, 4 * i + 4);
      if (!(box[2]! - box[0]! >= LEAST_SIDE && box[3]! - box[1]! >= LEAST_SIDE)) continue;
      boxes.push(...box);
      scores.push(logits[anchor]!);
      groups.push(level);
    }
    first += count;
  }
  const found = Float32Array.from(boxes);
  return pickBoxes(found, suppress(found, { scores, groups, iou: OVERLAP, most }));
}
