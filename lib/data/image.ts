/** The two kinds of picture that every room passes around. */

/**
 * A photograph as people see it: 8-bit sRGB, no alpha.
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
 * A map of small integers: class ids (0 background, 1… classes, 255 void), instance ids, or a mask of 0 and 1.
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
