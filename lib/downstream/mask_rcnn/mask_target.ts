import type { Boxes } from "./boxes.ts";

/**
 * What the mask branch should find in a region: of each cell the share of its four points that lie inside the mask.
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
