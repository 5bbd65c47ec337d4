/** Grid and length of the refinement. */
export interface CentroidOptions {
  /** Rows of the field. */
  readonly height: number;
  /** Columns of the field. */
  readonly width: number;
  /** How often every pixel follows the field; the released code does so 300 times. */
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
    for (let n = 0; n < iterations; n++) {
      const top = Math.floor(y), left = Math.floor(x);
      const fy = y - top, fx = x - left;
      const above = top * width, below = fy > 0 ? above + width : above;
      const right = fx > 0 ? left + 1 : left;
      const a = fy * fx, b = (1 - fy) * fx, c = fy * (1 - fx), d = (1 - fy) * (1 - fx);
      const dy = a * field[below + right]! + b * field[above + right]! + c * field[below + left]! +
        d * field[above + left]!;
      const dx = a * field[size + below + right]! + b * field[size + above + right]! + c * field[size + below + left]! +
        d * field[size + above + left]!;
      // Positions are kept in single precision and the sums made in double, as the released code does: where a field
      // is rough, any other rounding sends pixels elsewhere.
      const nextY = Math.fround(Math.min(Math.max(y + dy, 0), height - 1));
      const nextX = Math.fround(Math.min(Math.max(x + dx, 0), width - 1));
      if (nextY === y && nextX === x) break; // it would stay for ever
      y = nextY;
      x = nextX;
    }
    centroids[i] = roundHalfToEven(y);
    centroids[size + i] = roundHalfToEven(x);
  }
  return centroids;
}

function roundHalfToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}
