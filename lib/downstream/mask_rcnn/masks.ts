import type { Boxes } from "./boxes.ts";

/**
 * Works out the mask branch's target in a region: of each cell the fraction of its four points inside the mask.
 *
 * @param mask [H, W], not zero inside.
 * @param options `width`: W; `box`: the region, in pixels; `size`: cells along either side.
 * @returns [size, size], 0…1.
 */
export function maskTarget(
  mask: Uint8Array,
  { width, box, size }: { readonly width: number; readonly box: Boxes; readonly size: number },
): Float32Array {
  const height = mask.length / width, [left, top, right, bottom] = box as unknown as [number, number, number, number];
  const points = 2 * size;
  const columns = Array.from({ length: points }, (_, j) => Math.floor(left + (j + 0.5) * (right - left) / points));
  const target = new Float32Array(size * size);
  for (let i = 0; i < points; i++) {
    const y = Math.floor(top + (i + 0.5) * (bottom - top) / points);
    if (y < 0 || y >= height) continue;
    columns.forEach((x, j) => {
      if (x >= 0 && x < width && mask[y * width + x]) target[(i >> 1) * size + (j >> 1)]! += 0.25;
    });
  }
  return target;
}

/**
 * Pastes the mask of a region into an image: pixels whose centres have a probability of one half or more, bilinear
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
