import { connectedComponents } from "../displacement/mod.ts";
import { strongest } from "./_strongest.ts";

/**
 * Instances of an image, N of them.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `score` | [N] | f32 | confidence 0…1 |
 * | `class` | [N] | i32 | class, 0-based |
 * | `mask` | [N, H, W] | u8 | 1 inside |
 */
export interface Instances {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Confidence of each instance, 0…1. */
  readonly score: Float32Array;
  /** Class of each instance, 0-based. */
  readonly class: Int32Array;
  /** N·H·W values, 1 inside. */
  readonly mask: Uint8Array;
}

/**
 * Ways to score an instance, each 0…1: `maximum`, the highest value inside, as in the released code, where the best
 * instance of every image has 1; or `mean_area`, √(area / that of the image) × mean of the values inside before the image's
 * maximum divided them, which ranks instances across images.
 */
export type Scoring = "maximum" | "mean_area";

/** Options of {@linkcode detectInstances}: the maps that were compared, and what makes a region a fragment. */
export interface DetectOptions {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Class of every map, 0-based. */
  readonly classes: ArrayLike<number>;
  /** [H, W] f32, value of the map that `index` names. */
  readonly score: Float32Array;
  /** Way to score instances. */
  readonly scoring?: Scoring;
  /** Divisor that made the values of `score`. */
  readonly peak?: number;
  /** Regions of less than this fraction of the image are fragments, which score 0. */
  readonly fragment?: number;
  /** Which fragments are among the instances: all, or of classes without anything larger the largest. */
  readonly fragments?: "all" | "largest";
}

/**
 * Splits masks into their connected regions, each an instance (paper: Synthesizing Instance Segmentation Labels).
 *
 * Instances come in the order of the maps and, of one map, in that of their first pixels row by row.
 *
 * @param index [H, W], 1 + index of the map a pixel belongs to, 0 for none.
 * @throws RangeError if an array has another size or a pixel names a map that does not exist.
 * @example
 * ```ts
 * import { detectInstances } from "./detect_instances.ts";
 * const index = Int32Array.of(1, 0, 1, 1), score = Float32Array.of(0.5, 0, 0.75, 1);
 * detectInstances(index, { height: 1, width: 4, classes: [7], score }); // score 0.5 1, class 7 7
 * ```
 */
export function detectInstances(
  index: Int32Array,
  { height, width, classes, score, scoring = "maximum", peak = 1, fragment = 0.01, fragments = "all" }: DetectOptions,
): Instances {
  const size = height * width;
  if (score.length !== size) throw new RangeError(`Expected ${height}×${width} scores but found ${score.length}`);
  const { labels, count } = connectedComponents(index, { height, width });

  const area = new Int32Array(count), sum = new Float64Array(count), map = new Int32Array(count);
  const maximum = new Float32Array(count).fill(-Infinity);
  for (let i = 0; i < size; i++) {
    const region = labels[i]! - 1;
    if (region < 0) continue;
    area[region]!++;
    sum[region]! += score[i]!;
    if (score[i]! > maximum[region]!) maximum[region] = score[i]!;
    map[region] = index[i]! - 1;
  }
  const unknown = map.find((m) => !(m >= 0 && m < classes.length));
  if (unknown !== undefined) throw new RangeError(`Expected maps 1…${classes.length} but found ${unknown + 1}`);

  const scoreOf = (region: number) =>
    scoring === "maximum" ? maximum[region]! : peak * sum[region]! / Math.sqrt(area[region]! * size);
  const isFragment = (region: number) => area[region]! < size * fragment;
  const largest = new Map<number, number>(); // of each class
  map.forEach((m, region) => {
    if (!(area[largest.get(classes[m]!) ?? -1]! >= area[region]!)) largest.set(classes[m]!, region);
  });
  const isKept = (region: number) =>
    fragments === "all" || !isFragment(region) || largest.get(classes[map[region]!]!) === region;
  const order = Array.from(map.keys()).filter(isKept)
    .sort((a, b) => map[a]! - map[b]! || a - b);
  const place = new Int32Array(count).fill(-1);
  order.forEach((region, n) => place[region] = n);
  const mask = new Uint8Array(order.length * size);
  for (let i = 0; i < size; i++) {
    const n = labels[i] ? place[labels[i]! - 1]! : -1;
    if (n >= 0) mask[n * size + i] = 1;
  }
  return {
    height,
    width,
    score: Float32Array.from(order, (region) => isFragment(region) ? 0 : scoreOf(region)),
    class: Int32Array.from(order, (region) => classes[map[region]!]!),
    mask,
  };
}

/** Options of {@linkcode instancesFromCams}. */
export interface CamInstanceOptions {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Classes of the maps, 0-based, ascending. */
  readonly keys: ArrayLike<number>;
  /** Score of the background. */
  readonly threshold?: number;
  /** Fraction of the image below which a region scores 0. */
  readonly fragment?: number;
  /** Way to score instances. */
  readonly scoring?: Scoring;
}

/**
 * Makes instances without IRNet: connected regions of thresholded class attention maps. They are the baseline of the
 * paper's ablation; `synthesizeInstances()` without clusters is the next, with boundaries only.
 *
 * @param maps [C, H, W] f32, class attention maps at the size of the image, each divided by its maximum.
 * @throws RangeError if `maps` does not hold C·H·W values.
 */
export function instancesFromCams(
  maps: Float32Array,
  { height, width, keys, threshold = 0.15, ...options }: CamInstanceOptions,
): Instances {
  if (maps.length !== keys.length * height * width) {
    throw new RangeError(`Expected CAMs of ${keys.length}×${height}×${width} values but found ${maps.length}`);
  }
  const { score, index } = strongest(maps, { height, width, floor: threshold });
  return detectInstances(index, { height, width, classes: keys, score, ...options });
}
