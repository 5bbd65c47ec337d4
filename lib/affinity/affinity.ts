import { pathIndex, sourceIndices } from "../relation/path_index.ts";

/** Options of {@linkcode affinity}. */
export interface AffinityOptions {
  /** Rows of the boundary map. */
  readonly height: number;
  /** Columns of the boundary map. */
  readonly width: number;
  /** Search radius in pixels at stride 4; the released code walks with 5 and trains with 10. */
  readonly radius?: number;
}

/**
 * Works out affinities of nearby pixels: one minus the highest boundary probability on the line between them, both ends included
 * (paper: Loss for Class Boundary Detection).
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `boundary` | [H, W] | f32 | class-boundary probabilities 0…1 at stride 4 |
 * | returns | [n_dst, n_src] | f32 | affinity 0…1; destinations in the order of `pathIndex()`, sources of `sourceIndices()` |
 *
 * @throws RangeError if `boundary` does not hold H·W values.
 * @example
 * ```ts
 * import { affinity } from "./affinity.ts";
 * const wall = Float32Array.of(0, 0.9, 0, 0, 0, 0);
 * const pairs = affinity(wall, { height: 2, width: 3, radius: 2 }); // [4, 1]
 * ```
 */
export function affinity(boundary: Float32Array, { height, width, radius = 5 }: AffinityOptions): Float32Array {
  if (boundary.length !== height * width) {
    throw new RangeError(
      `Expected a boundary map of ${height}×${width} = ${height * width} values but found ${boundary.length}`,
    );
  }
  const index = pathIndex(radius);
  const sources = sourceIndices(index, { height, width });
  const result = new Float32Array(index.count * sources.length);
  const highest = new Float32Array(sources.length);
  for (let d = 0; d < index.count; d++) {
    highest.fill(-Infinity);
    for (let point = index.starts[d]!; point < index.starts[d + 1]!; point++) {
      const offset = index.paths[2 * point]! * width + index.paths[2 * point + 1]!;
      for (let s = 0; s < sources.length; s++) {
        const value = boundary[sources[s]! + offset]!;
        if (value > highest[s]!) highest[s] = value;
      }
    }
    for (let s = 0; s < sources.length; s++) result[d * sources.length + s] = 1 - highest[s]!;
  }
  return result;
}
