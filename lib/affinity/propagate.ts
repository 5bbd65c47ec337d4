import { propagateEach, type WalkOptions } from "./propagate_each.ts";

/** The maps, the grid and the settings of a random walk. */
export interface PropagateOptions extends WalkOptions {
  /** Number of maps. */
  readonly count: number;
}

/**
 * Spreads class or instance maps by a random walk that boundaries hold back
 * (paper: Synthesizing Instance Segmentation Labels).
 *
 * The maps are first weakened by the boundary, x·(1 − boundary). In each step a pixel then takes the mean over itself
 * and the pixels around it, weighted by affinity^β.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `maps` | [n, H, W] | f32 | scores at stride 4 |
 * | `boundary` | [H, W] | f32 | class-boundary probabilities 0…1 |
 * | returns | [n, H, W] | f32 | scores after the walk |
 *
 * Many steps are not made one by one: their effect is a polynomial of the transition that about 6·√steps products give
 * to a few millionths of the maximum.
 *
 * @throws RangeError if an array has another size, a boundary lies outside 0…1, or a setting is out of range.
 * @example
 * ```ts
 * import { propagate } from "./propagate.ts";
 * const spread = propagate(Float32Array.of(1, 0, 0), new Float32Array(3), { count: 1, height: 1, width: 3 });
 * ```
 */
export function propagate(
  maps: Float32Array,
  boundary: Float32Array,
  { count, ...options }: PropagateOptions,
): Float32Array {
  const size = options.height * options.width;
  if (maps.length !== count * size) {
    throw new RangeError(
      `Expected ${count} maps of ${options.height}×${options.width} = ${count * size} values but found ${maps.length}`,
    );
  }
  const each = (function* () {
    for (let n = 0; n < count; n++) yield maps.subarray(n * size, (n + 1) * size);
  })();
  const result = new Float32Array(maps.length);
  let at = 0;
  for (const map of propagateEach(each, boundary, options)) {
    result.set(map, at);
    at += size;
  }
  return result;
}
