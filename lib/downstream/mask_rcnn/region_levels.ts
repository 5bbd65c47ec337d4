import type { Boxes } from "./boxes.ts";

/** Side of a region, in pixels, that is read at stride 16: that of the images networks are trained to classify. */
const CANONICAL = 224;

/**
 * The level of the pyramid that suits the size of each region: one of half the side is read at half the stride
 * (Feature Pyramid Networks, section "Feature Pyramid Networks for Fast R-CNN").
 *
 * @param boxes [R, 4].
 * @param strides Of the levels, each twice the one before.
 * @returns Indices of levels.
 */
export function regionLevels(boxes: Boxes, strides: readonly number[]): Int32Array {
  return Int32Array.from({ length: boxes.length / 4 }, (_, r) => {
    const area = (boxes[4 * r + 2]! - boxes[4 * r]!) * (boxes[4 * r + 3]! - boxes[4 * r + 1]!);
    const level = Math.floor(Math.log2(16 * Math.sqrt(area) / CANONICAL / strides[0]!) + 1e-6);
    return Math.min(Math.max(level, 0), strides.length - 1);
  });
}
