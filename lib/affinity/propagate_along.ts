import { pathIndex } from "../relation/path_index.ts";
import { StencilWalk } from "./_stencil_walk.ts";
import type { PropagateOptions } from "./propagate.ts";

/**
 * Spreads maps by a random walk along affinities that are given pair by pair, as those of AffinityNet.
 *
 * In each step a pixel takes the mean over itself and the pixels around it, weighted by affinity^β.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `maps` | [n, H, W] | f32 | scores |
 * | `affinities` | [pairs, H, W] | f32 | 0…1, between a pixel and the pixel at each offset of `pathIndex(radius)`; 0 where that lies outside |
 * | returns | [n, H, W] | f32 | scores after the walk |
 *
 * @throws RangeError if an array has another size, or a pair that leaves the grid has an affinity.
 */
export function propagateAlong(
  maps: Float32Array,
  affinities: Float32Array,
  { count, height, width, radius = 5, beta = 8, steps = 256 }: PropagateOptions,
): Float32Array {
  const size = height * width, { count: pairs, destinations } = pathIndex(radius);
  if (maps.length !== count * size) {
    throw new RangeError(`Expected ${count} maps of ${height}×${width} values but found ${maps.length} values`);
  }
  if (affinities.length !== pairs * size) {
    throw new RangeError(`Expected ${pairs}×${height}×${width} affinities but found ${affinities.length}`);
  }
  affinities.forEach((affinity, i) => {
    const k = Math.floor(i / size), y = Math.floor(i % size / width) + destinations[2 * k]!;
    const x = i % width + destinations[2 * k + 1]!;
    if (affinity !== 0 && !(y < height && x >= 0 && x < width && affinity <= 1)) {
      throw new RangeError(
        `Expected affinities from 0 to 1, and 0 outside, but found ${affinity} towards (${y}, ${x})`,
      );
    }
  });
  const walk = new StencilWalk({ affinities }, { height, width, radius, beta });
  const result = new Float32Array(maps.length);
  for (let n = 0; n < count; n += 4) {
    const group = Array.from(
      { length: Math.min(4, count - n) },
      (_, m) => maps.subarray((n + m) * size, (n + m + 1) * size),
    );
    walk.run(group, steps).forEach((map, m) => result.set(map, (n + m) * size));
  }
  return result;
}
