/**
 * The two kinds of image that every room passes around. It imports nothing.
 * @module
 */

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
 * Map of small integers: class ids (0 background, 1… classes, 255 void), instance ids, or a mask of 0 and 1.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [H, W] | u8 | one value a pixel, row by row |
 */
export interface LabelMap {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** H·W values. */
  readonly data: Uint8Array;
}

/**
 * Returns the colour map of PASCAL VOC: the bits of a label, from the lowest, go in turn to the high bits of red, green, blue.
 *
 * @returns 256 × 3 values: red, green, blue of label 0, of label 1, …
 * @example
 * ```ts
 * import { vocPalette } from "./image.ts";
 * console.log(vocPalette().subarray(3, 6)); // label 1: 128, 0, 0
 * ```
 */
export function vocPalette(): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let label = 0; label < 256; label++) {
    for (let bit = 0; bit < 8; bit++) {
      palette[label * 3 + bit % 3]! |= ((label >> bit) & 1) << (7 - Math.floor(bit / 3));
    }
  }
  return palette;
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
