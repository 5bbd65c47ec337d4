import type { Boxes } from "./boxes.ts";

/** Factors on what is regressed: of the shift of the centre by x and y, and of the logarithms of width and height. */
export type CodingWeights = readonly [x: number, y: number, width: number, height: number];

/** Of the proposals. */
export const PROPOSAL_WEIGHTS: CodingWeights = [1, 1, 1, 1];
/** Of the boxes of the second stage. */
export const BOX_WEIGHTS: CodingWeights = [10, 10, 5, 5];

/** Largest logarithm of a factor on width or height, so that no box becomes infinite. */
const LARGEST = Math.log(1000 / 16);

/**
 * What leads from anchors to boxes: the shift of the centre by x and y in widths and heights of the anchor, and the
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
 * The boxes that {@linkcode encodeBoxes} leads to.
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
