import { pathIndex } from "../relation/path_index.ts";
import { GROUP, StencilWalk } from "./_stencil_walk.ts";

/** Maps, grid and settings of a random walk. */
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

/** Grid and settings of a random walk. */
export interface WalkOptions {
  /** Rows of the boundary map and of every map. */
  readonly height: number;
  /** Columns of the boundary map and of every map. */
  readonly width: number;
  /** Search radius: a pixel exchanges with all closer ones; pixels at stride 4. */
  readonly radius?: number;
  /** Exponent on affinities. */
  readonly beta?: number;
  /** Steps of the walk; the released code's `exp_times` is the logarithm of it to base 2. */
  readonly steps?: number;
}

/**
 * Does as {@linkcode propagate} for maps that come one after another: four walk at a time, whatever their number.
 *
 * @param maps [H, W] f32 each.
 * @param boundary [H, W] f32, class-boundary probabilities 0…1.
 * @returns The propagated maps [H, W] in the same order.
 * @throws RangeError if a map has another size, a boundary lies outside 0…1, or a setting is out of range.
 */
export function* propagateEach(
  maps: Iterable<Float32Array>,
  boundary: Float32Array,
  { height, width, radius = 5, beta = 10, steps = 256 }: WalkOptions,
): Generator<Float32Array, void, undefined> {
  const size = height * width;
  if (boundary.length !== size) {
    throw new RangeError(`Expected a boundary map of ${height}×${width} = ${size} values but found ${boundary.length}`);
  }
  const outside = boundary.find((value) => !(value >= 0 && value <= 1));
  if (outside !== undefined) throw new RangeError(`Expected boundary probabilities from 0 to 1 but found ${outside}`);
  if (!(Number.isInteger(steps) && steps >= 0)) {
    throw new RangeError(`Expected a whole number of steps but found ${steps}`);
  }
  if (!(beta > 0 && Number.isFinite(beta))) throw new RangeError(`Expected a positive exponent but found ${beta}`);

  const walk = new StencilWalk({ boundary }, { height, width, radius, beta });
  const isEmpty = (map: Float32Array) => map.every((value) => value === 0);
  /** Empty maps stay as they are: many clusters of an image hold nothing of a class. */
  function* walked(waiting: readonly Float32Array[]): Generator<Float32Array, void, undefined> {
    const results = walk.run(waiting.filter((map) => !isEmpty(map)), steps).values();
    for (const map of waiting) yield isEmpty(map) ? map : results.next().value!;
  }

  let waiting: Float32Array[] = [], filled = 0;
  for (const map of maps) {
    if (map.length !== size) {
      throw new RangeError(`Expected a map of ${height}×${width} = ${size} values but found ${map.length}`);
    }
    const weakened = map.map((value, i) => value * (1 - boundary[i]!));
    waiting.push(weakened);
    if (!isEmpty(weakened)) filled++;
    if (filled === 0 || filled === GROUP) {
      yield* walked(waiting);
      [waiting, filled] = [[], 0];
    }
  }
  yield* walked(waiting);
}

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
