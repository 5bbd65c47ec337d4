import type { LabelMap } from "../data/image.ts";
import type { Size } from "../data/resize.ts";

/**
 * Finds the highest of several maps at every pixel of an image, resized bilinearly; of equal ones the first.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `maps` | [C, height, width] | f32 | |
 * | `cell` | | | rows and columns of pixels to one value of a map |
 * | returns | `size` | u8 | index of the map |
 */
export function strongestResized(
  maps: Float32Array,
  { height: cellRows, width: cellColumns, cell, size }: Size & { cell: readonly [number, number]; size: Size },
): LabelMap {
  const { height, width } = size, plane = cellRows * cellColumns, count = maps.length / plane;
  const rows = interpolation(height, cellRows, cell[0]), columns = interpolation(width, cellColumns, cell[1]);
  const data = new Uint8Array(height * width);
  for (let y = 0, at = 0; y < height; y++) {
    const { low: top, high: bottom, fraction: v } = rows[y]!;
    for (let x = 0; x < width; x++, at++) {
      const { low: left, high: right, fraction: u } = columns[x]!;
      let highest = -Infinity;
      for (let c = 0; c < count; c++) {
        const up = c * plane + top * cellColumns, down = c * plane + bottom * cellColumns;
        const upper = maps[up + left]! * (1 - u) + maps[up + right]! * u;
        const lower = maps[down + left]! * (1 - u) + maps[down + right]! * u;
        const value = upper * (1 - v) + lower * v;
        if (value <= highest) continue;
        highest = value;
        data[at] = c;
      }
    }
  }
  return { height, width, data };
}

/** Between which two cells the centres of pixels lie. */
function interpolation(length: number, cells: number, cell: number): { low: number; high: number; fraction: number }[] {
  return Array.from({ length }, (_, i) => {
    const at = Math.min(Math.max((i + 0.5) / cell - 0.5, 0), cells - 1);
    return { low: Math.floor(at), high: Math.min(Math.floor(at) + 1, cells - 1), fraction: at - Math.floor(at) };
  });
}
