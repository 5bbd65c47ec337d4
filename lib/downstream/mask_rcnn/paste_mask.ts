import type { Boxes } from "./boxes.ts";

/**
 * Draws the mask of a region into an image: pixels whose centres have a probability of one half or more, bilinear
 * between the centres of cells, 0 outside of them.
 *
 * @param probabilities [size, size].
 * @param options `box`: the region in pixels; `size`: cells along either side; `out`: the image, [height, width].
 */
export function pasteMask(
  probabilities: ArrayLike<number>,
  { box, size, out, height, width }: {
    readonly box: Boxes;
    readonly size: number;
    readonly out: Uint8Array;
    readonly height: number;
    readonly width: number;
  },
): void {
  const [left, top, right, bottom] = box as unknown as [number, number, number, number];
  const at = (i: number, j: number) => i < 0 || j < 0 || i >= size || j >= size ? 0 : probabilities[i * size + j]!;
  const [firstRow, endRow] = [Math.max(0, Math.floor(top)), Math.min(height, Math.ceil(bottom))];
  const [firstColumn, endColumn] = [Math.max(0, Math.floor(left)), Math.min(width, Math.ceil(right))];
  for (let y = firstRow; y < endRow; y++) {
    const v = (y + 0.5 - top) / (bottom - top) * size - 0.5, i = Math.floor(v), down = v - i;
    for (let x = firstColumn; x < endColumn; x++) {
      const u = (x + 0.5 - left) / (right - left) * size - 0.5, j = Math.floor(u), aside = u - j;
      const above = at(i, j) * (1 - aside) + at(i, j + 1) * aside;
      const below = at(i + 1, j) * (1 - aside) + at(i + 1, j + 1) * aside;
      if (above * (1 - down) + below * down >= 0.5) out[y * width + x] = 1;
    }
  }
}
