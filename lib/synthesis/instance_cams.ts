import type { Clusters } from "../displacement/mod.ts";
import type { Evidence } from "./evidence.ts";

/** The part of a class attention map that lies in one cluster. */
export interface InstanceCam {
  /** Class, 0-based. */
  readonly class: number;
  /** Cluster. */
  readonly cluster: number;
  /** What no value exceeds after the walk: the highest one weakened by the boundary, x·(1 − boundary). */
  readonly bound: number;
  /** The map [h, w] f32 at stride 4, zero outside of the cluster. */
  read(): Float32Array;
}

/**
 * Instance-wise class attention maps: every map cut into the clusters (paper: Synthesizing Instance Segmentation
 * Labels).
 *
 * @param evidence Maps and boundaries of an image.
 * @param clusters Class-agnostic instance map at stride 4.
 * @returns Pieces that are not zero everywhere, class by class, in the order of the clusters.
 * @throws RangeError if the cluster map has another size or names a cluster that does not exist.
 * @example
 * ```ts
 * import { instanceCams } from "./instance_cams.ts";
 * const evidence = { height: 4, width: 8, keys: [7], cams: Float32Array.of(1, 0.5), boundary: Float32Array.of(0, 0) };
 * instanceCams(evidence, { map: Int32Array.of(0, 1), count: 2 }).map((piece) => piece.read()); // 1 0, 0 0.5
 * ```
 */
export function instanceCams({ keys, cams, boundary }: Evidence, { map, count }: Clusters): InstanceCam[] {
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
