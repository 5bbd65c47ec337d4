/**
 * The two kinds of image that every room passes around.
 * @module
 */
export { type LabelMap, MOST_LABELS, vocPalette } from "../files/png.ts";

/**
 * Image as people see it: 8-bit sRGB, no alpha.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [H, W, 3] | u8 | red, green, blue, row by row |
 */
export interface RgbImage {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** H·W·3 values. */
  readonly data: Uint8Array;
}

/**
 * Mirrors an image left to right.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [H, W, 3] | u8 | column x is the image's column W − 1 − x |
 */
export function flipImage({ width, height, data }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3, to = (y * width + width - 1 - x) * 3;
      out[to] = data[from]!;
      out[to + 1] = data[from + 1]!;
      out[to + 2] = data[from + 2]!;
    }
  }
  return { width, height, data: out };
}
