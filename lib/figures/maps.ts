import type { Size as PictureSize } from "../data/resize.ts";

export type { PictureSize };

/**
 * A map of one number a pixel, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [h, w] | f32 | row by row |
 */
export interface ScalarMap extends PictureSize {
  /** h·w values. */
  readonly data: Float32Array;
}

/**
 * A displacement field, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [2, h, w] | f32 | (dy, dx) in pixels of the field |
 */
export interface VectorField extends PictureSize {
  /** 2·h·w values. */
  readonly data: Float32Array;
}

/**
 * A class-agnostic instance map, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `map` | [h, w] | i32 | cluster of every pixel |
 */
export interface ClusterMap extends PictureSize {
  /** h·w clusters, from 0. */
  readonly map: Int32Array;
  /** Number of pixels that reach no centroid; above 0, cluster 0 is no object and drawn in grey stripes. */
  readonly unreached?: number;
}

/** A map stretched over a picture, bilinear between the centres of its pixels. */
export function stretch(
  { height: rows, width: columns, data }: ScalarMap,
  { height, width }: PictureSize,
): Float32Array {
  if (data.length !== rows * columns) {
    throw new RangeError(`Expected a map of ${rows}×${columns} = ${rows * columns} values but found ${data.length}`);
  }
  const out = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const py = clamp((y + 0.5) * rows / height - 0.5, rows), top = Math.floor(py), fy = py - top;
    const below = Math.min(top + 1, rows - 1);
    for (let x = 0; x < width; x++) {
      const px = clamp((x + 0.5) * columns / width - 0.5, columns), left = Math.floor(px), fx = px - left;
      const right = Math.min(left + 1, columns - 1);
      out[y * width + x] = (1 - fy) * ((1 - fx) * data[top * columns + left]! + fx * data[top * columns + right]!) +
        fy * ((1 - fx) * data[below * columns + left]! + fx * data[below * columns + right]!);
    }
  }
  return out;
}

/** A map of whole numbers stretched over a picture: every pixel takes the one it lies in. */
export function stretchNearest(
  { height: rows, width: columns, map }: ClusterMap,
  { height, width }: PictureSize,
): Int32Array {
  if (map.length !== rows * columns) {
    throw new RangeError(`Expected a map of ${rows}×${columns} = ${rows * columns} values but found ${map.length}`);
  }
  const out = new Int32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y + 0.5) * rows / height) * columns;
    for (let x = 0; x < width; x++) out[y * width + x] = map[row + Math.floor((x + 0.5) * columns / width)]!;
  }
  return out;
}

function clamp(position: number, count: number): number {
  return Math.min(Math.max(position, 0), count - 1);
}
