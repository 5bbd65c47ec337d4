/**
 * The colour map of PASCAL VOC: the bits of a label, from the lowest, go in turn to the high bits of red, green, blue.
 *
 * @returns 256 × 3 values: red, green, blue of label 0, of label 1, …
 * @example
 * ```ts
 * import { vocPalette } from "./palette.ts";
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
