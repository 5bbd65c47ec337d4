import { roundHalfToEven } from "../data/resize.ts";

/** Grid and length of the refinement. */
export interface CentroidOptions {
  /** Rows of the field. */
  readonly height: number;
  /** Columns of the field. */
  readonly width: number;
  /** Number of times that every pixel follows the field; 300 in the released code. */
  readonly iterations?: number;
}

/**
 * Follows a displacement field to the instance centroids it points at
 * (paper: Generating Class-agnostic Instance Map).
 *
 * Every pixel repeatedly adds the displacement found where it currently points, read bilinearly between pixels, and
 * never leaves the map; pixels of one instance end on one target, their centroid.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `field` | [2, H, W] | f32 | (dy, dx) in pixels at stride 4 |
 * | returns | [2, H, W] | i32 | (y, x) of the centroid each pixel belongs to, rounded half to even |
 *
 * @throws RangeError if `field` does not hold 2·H·W finite values, or `iterations` is not a whole number.
 * @example
 * ```ts
 * import { findCentroids } from "./find_centroids.ts";
 * const field = Float32Array.of(0, 0, 0, 1, 0, -1); // dy, dx of a row of three pixels
 * findCentroids(field, { height: 1, width: 3 }); // y: 0 0 0, x: 1 1 1
 * ```
 */
export function findCentroids(field: Float32Array, { height, width, iterations = 300 }: CentroidOptions): Int32Array {
  const size = height * width;
  if (field.length !== 2 * size) {
    throw new RangeError(`Expected a field of 2×${height}×${width} = ${2 * size} values but found ${field.length}`);
  }
  if (!(Number.isInteger(iterations) && iterations >= 0)) {
    throw new RangeError(`Expected a whole number of iterations but found ${iterations}`);
  }
  const broken = field.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) {
    const pixel = broken % size;
    const at = `(${Math.floor(pixel / width)}, ${pixel % width})`;
    throw new RangeError(`Expected finite displacements but found ${field[broken]} at ${at}`);
  }

  const centroids = new Int32Array(2 * size);
  for (let i = 0; i < size; i++) {
    let y = Math.floor(i / width), x = i % width;
    let markY = y, markX = x, since = 0, until = 1;
    for (let left = iterations; left > 0; left--) {
      const top = Math.floor(y), first = Math.floor(x);
      const fy = y - top, fx = x - first;
      const above = top * width, below = fy > 0 ? above + width : above;
      const second = fx > 0 ? first + 1 : first;
      const a = fy * fx, b = (1 - fy) * fx, c = fy * (1 - fx), d = (1 - fy) * (1 - fx);
      const dy = a * field[below + second]! + b * field[above + second]! + c * field[below + first]! +
        d * field[above + first]!;
      const dx = a * field[size + below + second]! + b * field[size + above + second]! +
        c * field[size + below + first]! + d * field[size + above + first]!;
      // Positions are kept in single precision and the sums made in double, as the released code does: where a field
      // is rough, any other rounding sends pixels elsewhere.
      y = Math.fround(Math.min(Math.max(y + dy, 0), height - 1));
      x = Math.fround(Math.min(Math.max(x + dx, 0), width - 1));
      // Most pixels soon stand still or go round in a circle; whole rounds can be left out.
      since++;
      if (y === markY && x === markX) {
        left = 1 + (left - 1) % since;
      } else if (since === until) {
        markY = y;
        markX = x;
        since = 0;
        until *= 2;
      }
    }
    centroids[i] = roundHalfToEven(y);
    centroids[size + i] = roundHalfToEven(x);
  }
  return centroids;
}
