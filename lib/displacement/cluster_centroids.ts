import { connectedComponents } from "./connected_components.ts";

/** Class-agnostic instance map; it covers the whole image, background included. */
export interface Clusters {
  /** [H, W], the cluster 0…count−1 of every pixel. */
  readonly map: Int32Array;
  /** Number of clusters. */
  readonly count: number;
  /** Number of pixels that reach no centroid. If there are any, they are cluster 0, which is no object then. */
  readonly unreached: number;
}

/** Grid and threshold of the clustering. */
export interface ClusterOptions {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** Displacements shorter than this mark the surroundings of a centroid; pixels at stride 4. */
  readonly threshold?: number;
}

/**
 * Groups pixels whose centroids lie together (paper: Generating Class-agnostic Instance Map).
 *
 * Around a centroid displacements are short. Every connected region of short displacements is one cluster: the pixels
 * whose centroid lies in it. Pixels whose centroid lies in no such region share one further cluster, number 0.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `centroids` | [2, H, W] | i32 | (y, x) as of `findCentroids()` |
 * | `field` | [2, H, W] | f32 | (dy, dx) in pixels at stride 4 |
 * | returns `map` | [H, W] | i32 | cluster 0…K−1, in the order of the regions' first pixels |
 *
 * @throws RangeError if an array does not hold 2·H·W values or a centroid lies outside.
 * @example
 * ```ts
 * import { clusterCentroids } from "./cluster_centroids.ts";
 * import { findCentroids } from "./find_centroids.ts";
 * const field = new Float32Array(2 * 3 * 4), size = { height: 3, width: 4 };
 * clusterCentroids(findCentroids(field, size), { field, ...size }).count; // 1
 * ```
 */
export function clusterCentroids(
  centroids: Int32Array,
  { field, height, width, threshold = 2.5 }: ClusterOptions & { readonly field: Float32Array },
): Clusters {
  const size = height * width;
  for (const [name, array] of Object.entries({ centroids, field })) {
    if (array.length !== 2 * size) {
      throw new RangeError(`Expected ${name} of 2×${height}×${width} = ${2 * size} values but found ${array.length}`);
    }
  }
  const weak = new Uint8Array(size);
  for (let i = 0; i < size; i++) weak[i] = length(field[i]!, field[size + i]!) < Math.fround(threshold) ? 1 : 0;
  const regions = connectedComponents(weak, { height, width });

  const map = new Int32Array(size);
  const met = new Uint8Array(regions.count + 1);
  for (let i = 0; i < size; i++) {
    const y = centroids[i]!, x = centroids[size + i]!;
    if (!(y >= 0 && y < height && x >= 0 && x < width)) {
      throw new RangeError(`Expected centroids within ${height}×${width} but found (${y}, ${x})`);
    }
    const region = map[i] = regions.labels[y * width + x]!;
    met[region] = 1;
  }
  const unreached = map.reduce((sum, region) => sum + (region === 0 ? 1 : 0), 0);
  let count = 0;
  const clusters = Int32Array.from(met, (isMet) => isMet ? count++ : -1);
  for (let i = 0; i < size; i++) map[i] = clusters[map[i]!]!;
  return { map, count, unreached };
}

/** In single precision throughout, as the released code: the comparison with the threshold is sharp. */
function length(dy: number, dx: number): number {
  return Math.fround(Math.sqrt(Math.fround(Math.fround(dy * dy) + Math.fround(dx * dx))));
}
