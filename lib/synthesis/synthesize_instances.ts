import { propagateEach } from "../affinity/mod.ts";
import type { Clusters } from "../displacement/mod.ts";
import { gridOf, strongestUpsampled, upsampledMaximum } from "./_strongest.ts";
import { detectInstances, type Instances, type Scoring } from "./detect_instances.ts";
import type { Evidence, WalkSettings } from "./evidence.ts";

/** Part of a class attention map that lies in one cluster. */
export interface InstanceCam {
  /** Class, 0-based. */
  readonly class: number;
  /** Cluster. */
  readonly cluster: number;
  /** Bound of the values after the walk: the highest one weakened by the boundary, x·(1 − boundary). */
  readonly bound: number;
  /** The map [h, w] f32 at stride 4, zero outside of the cluster. */
  read(): Float32Array;
}

/**
 * Makes instance-wise class attention maps: cuts every map into the clusters (paper: Synthesizing Instance
 * Segmentation Labels).
 *
 * @param evidence Maps and boundaries of an image.
 * @param clusters Class-agnostic instance map at stride 4.
 * @returns Pieces that are not zero everywhere, class by class, in the order of the clusters.
 * @throws RangeError if the cluster map has another size or names a cluster that does not exist.
 * @example
 * ```ts
 * import { instanceCams } from "./synthesize_instances.ts";
 * const evidence = { height: 4, width: 8, keys: [7], cams: Float32Array.of(1, 0.5), boundary: Float32Array.of(0, 0) };
 * instanceCams(evidence, { map: Int32Array.of(0, 1), count: 2 }).map((piece) => piece.read()); // 1 0, 0 0.5
 * ```
 */
export function instanceCams(
  { keys, cams, boundary }: Evidence,
  { map, count }: Pick<Clusters, "map" | "count">,
): InstanceCam[] {
  const size = boundary.length;
  if (map.length !== size) throw new RangeError(`Expected a cluster map of ${size} values but found ${map.length}`);
  const outside = map.find((cluster) => !(cluster >= 0 && cluster < count));
  if (outside !== undefined) throw new RangeError(`Expected clusters 0…${count - 1} but found ${outside}`);

  const bounds = new Float64Array(keys.length * count);
  for (let i = 0; i < cams.length; i++) {
    const piece = Math.floor(i / size) * count + map[i % size]!;
    const value = cams[i]! * (1 - boundary[i % size]!);
    if (value > bounds[piece]!) bounds[piece] = value;
  }
  return Array.from(bounds, (bound, number) => {
    const row = Math.floor(number / count), cluster = number % count;
    const read = () => cams.slice(row * size, (row + 1) * size).map((value, i) => map[i] === cluster ? value : 0);
    return { class: keys[row]!, cluster, bound, read };
  }).filter(({ bound }) => bound > 0);
}

/** Options of {@linkcode synthesizeInstances}: clusters and thresholds. */
export interface InstanceOptions {
  /** Class-agnostic instance map at stride 4; `null`: the whole image is one cluster. */
  readonly clusters?: Pick<Clusters, "map" | "count"> | null;
  /** Score of the background. */
  readonly threshold?: number;
  /** Fraction of the image below which a region scores 0. */
  readonly fragment?: number;
  /** Way to score instances. */
  readonly scoring?: Scoring;
  /** Settings of the random walk. */
  readonly walk?: WalkSettings;
}

/**
 * Synthesizes pseudo instance masks (paper: Synthesizing Instance Segmentation Labels).
 *
 * Every CAM is cut into the clusters; each piece walks, is brought to the size of the image and divided by the maximum
 * of all. A pixel belongs to the highest piece, or to the background if none exceeds the threshold. The connected
 * regions of a piece are instances. An image without foreground has N = 0 of them. Where the evidence has a guide, scores
 * are brought to its size along its edges before that, and of fragments only the largest of a class without instances stays.
 *
 * Only maps at stride 4 are held for all pieces. Pieces that cannot reach the threshold do not walk.
 *
 * @throws RangeError if an array has another size, or a value is out of range.
 * @example
 * ```ts
 * import { synthesizeInstances } from "./synthesize_instances.ts";
 * const evidence = { height: 4, width: 8, keys: [7], cams: Float32Array.of(1, 0.5), boundary: Float32Array.of(0, 0) };
 * synthesizeInstances(evidence, { clusters: { map: Int32Array.of(0, 1), count: 2 } }).class; // 7 7
 * ```
 */
export function synthesizeInstances(
  evidence: Evidence,
  { clusters = null, threshold = 0.25, fragment = 0.01, scoring = "maximum", walk = {} }: InstanceOptions = {},
): Instances {
  const { height, width, boundary, guide } = evidence;
  const grid = gridOf(evidence);
  const pieces = instanceCams(evidence, clusters ?? { map: new Int32Array(boundary.length), count: 1 });

  // The walk takes means. From high pieces to low ones: what is below the threshold before it stays below.
  const order = [...pieces.keys()].sort((a, b) => pieces[b]!.bound - pieces[a]!.bound || a - b);
  let peak = 0;
  const walking: number[] = [];
  const pending = function* () {
    for (const number of order) {
      if (pieces[number]!.bound * (1 + 1e-3) <= threshold * peak) return;
      walking.push(number);
      yield pieces[number]!.read();
    }
  };
  const walked: { number: number; map: Float32Array }[] = [];
  for (const map of propagateEach(pending(), boundary, { height: grid.rows, width: grid.columns, ...walk })) {
    walked.push({ number: walking[walked.length]!, map });
    peak = upsampledMaximum(map, { height, width, ...grid, least: peak });
  }

  walked.sort((a, b) => a.number - b.number);
  const { index, ...found } = strongestUpsampled(peak > 0 ? walked.map(({ map }) => map) : [], {
    height,
    width,
    ...grid,
    peak,
    floor: threshold,
    guide,
  });
  const classes = walked.map(({ number }) => pieces[number]!.class);
  return detectInstances(index, {
    ...found,
    classes,
    scoring,
    peak,
    fragment,
    fragments: guide ? "largest" : "all",
  });
}
