import { propagateEach } from "../affinity/mod.ts";
import type { Clusters } from "../displacement/mod.ts";
import { gridOf } from "./_grid.ts";
import { strongestUpsampled, upsampledMaximum } from "./_strongest.ts";
import { detectInstances, type Instances } from "./detect_instances.ts";
import type { Evidence, WalkSettings } from "./evidence.ts";
import { instanceCams } from "./instance_cams.ts";

/** Clusters and thresholds. */
export interface InstanceOptions {
  /** Class-agnostic instance map at stride 4; `null`: the whole image is one cluster. */
  readonly clusters?: Clusters | null;
  /** Score of the background. */
  readonly threshold?: number;
  /** Share of the image below which a region scores 0. */
  readonly fragment?: number;
  /** Settings of the random walk. */
  readonly walk?: WalkSettings;
}

/**
 * Pseudo instance masks (paper: Synthesizing Instance Segmentation Labels).
 *
 * Every CAM is cut into the clusters; each piece walks, is brought to the size of the image and divided by the maximum
 * of all. A pixel belongs to the highest piece, or to the background if none exceeds the threshold. The connected
 * regions of a piece are instances. An image without foreground has N = 0 of them.
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
  { clusters = null, threshold = 0.25, fragment = 0.01, walk = {} }: InstanceOptions = {},
): Instances {
  const { height, width, boundary } = evidence;
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
  const { score, index } = strongestUpsampled(peak > 0 ? walked.map(({ map }) => map) : [], {
    height,
    width,
    ...grid,
    peak,
    floor: threshold,
  });
  const classes = walked.map(({ number }) => pieces[number]!.class);
  return detectInstances(index, { height, width, classes, score, fragment });
}
