import { GROUP, StencilWalk } from "./_stencil_walk.ts";

/** The grid and the settings of a random walk. */
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
 * As `propagate()`, for maps that come one after another: four walk at a time, whatever their number.
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
