import type { Random } from "../data/random.ts";
import * as tf from "../tensor/tf.ts";

/** Cosine distances up to here are those of equal directions, which rounding leaves. */
const ROUNDING = 1e-6;

/** Options of {@linkcode kMeans}. */
export interface KMeansOptions {
  /** Length of a vector. */
  readonly channels: number;
  /** Number of clusters, at most. */
  readonly clusters: number;
  /** Rounds, at most; it ends with the first that moves no vector to another cluster. */
  readonly iterations: number;
  /** Draws the first centres. */
  readonly draw: Random;
}

/**
 * Clusters vectors by the angle between them. First centres are drawn as k-means++ does, by the cosine distance to the
 * nearest one so far; then each vector joins the centre of the highest cosine similarity, and centres move to the plain
 * mean of their vectors. A centre that loses all of them stays where it was.
 *
 * @param vectors [N, channels]; those of length 0 have no direction and are never drawn.
 * @param options Number of clusters, rounds and draws.
 * @returns Centres [K, channels]; K is less than `clusters` where there are fewer directions than that, 0 without any.
 * @throws RangeError if `vectors` is not a whole number of vectors.
 */
export async function kMeans(
  vectors: Float32Array,
  { channels, clusters, iterations, draw }: KMeansOptions,
): Promise<Float32Array> {
  const count = vectors.length / channels;
  if (!Number.isInteger(count)) {
    throw new RangeError(`Expected vectors of ${channels} values but found ${vectors.length} values`);
  }
  if (count === 0) return new Float32Array(0);
  const all = tf.tensor2d(vectors, [count, channels]); // [N, C]
  try {
    const inverse = inverseLengths(vectors, channels);
    let centres = await firstCentres(all, { vectors, inverse, clusters, draw });
    let before: Int32Array | null = null;
    for (let i = 0; i < iterations && centres.length > 0; i++) {
      const assigned = await nearest(all, centres);
      if (before?.every((cluster, n) => cluster === assigned[n])) break;
      centres = await means(all, assigned, centres);
      before = assigned;
    }
    return centres;
  } finally {
    all.dispose();
  }
}

/** 1 / |v| of each vector; 0 for those of length 0. */
export function inverseLengths(vectors: Float32Array, channels: number): Float32Array {
  return Float32Array.from({ length: vectors.length / channels }, (_, n) => {
    let sum = 0;
    for (let i = n * channels; i < (n + 1) * channels; i++) sum += vectors[i]! ** 2;
    return sum > 0 ? 1 / Math.sqrt(sum) : 0;
  });
}

/** Vectors that k-means++ draws, [K, C]. */
async function firstCentres(
  all: tf.Tensor2D,
  { vectors, inverse, clusters, draw }: {
    vectors: Float32Array;
    inverse: Float32Array;
    clusters: number;
    draw: Random;
  },
): Promise<Float32Array> {
  const channels = all.shape[1], drawn: number[] = [];
  const distances = Float32Array.from(inverse, (value) => value > 0 ? 1 : 0);
  while (drawn.length < clusters) {
    const total = distances.reduce((sum, distance) => sum + distance, 0);
    if (total === 0) break;
    let left = draw() * total, next = -1;
    for (const [n, distance] of distances.entries()) {
      if (distance === 0) continue;
      next = n; // the last one that may be drawn, where rounding leaves none
      if ((left -= distance) < 0) break;
    }
    drawn.push(next);
    const centre = vectors.subarray(next * channels, (next + 1) * channels);
    const products = tf.tidy(() => all.matMul(tf.tensor2d(centre, [channels, 1]))); // [N, 1]
    const values = await products.data();
    products.dispose();
    for (const [n, value] of values.entries()) {
      const distance = 1 - value * inverse[n]! * inverse[next]!;
      distances[n] = Math.min(distances[n]!, distance > ROUNDING ? distance : 0);
    }
  }
  const centres = new Float32Array(drawn.length * channels);
  drawn.forEach((n, k) => centres.set(vectors.subarray(n * channels, (n + 1) * channels), k * channels));
  return centres;
}

/** The centre of the highest cosine similarity to each vector: its own length does not matter for that. */
async function nearest(all: tf.Tensor2D, centres: Float32Array): Promise<Int32Array> {
  const channels = all.shape[1], clusters = centres.length / channels;
  const directions = normalised(centres, channels);
  const best = tf.tidy(() => all.matMul(tf.tensor2d(directions, [clusters, channels]), false, true).argMax(1)); // [N]
  const assigned = Int32Array.from(await best.data());
  best.dispose();
  return assigned;
}

/** Means of the vectors of each cluster; those without any stay. */
async function means(all: tf.Tensor2D, assigned: Int32Array, centres: Float32Array): Promise<Float32Array> {
  const [count, channels] = all.shape, clusters = centres.length / channels;
  const sizes = new Float32Array(clusters), members = new Float32Array(clusters * count);
  for (const [n, cluster] of assigned.entries()) {
    sizes[cluster]!++;
    members[cluster * count + n] = 1;
  }
  const sums = tf.tidy(() => tf.tensor2d(members, [clusters, count]).matMul(all)); // [K, C]
  const values = await sums.data();
  sums.dispose();
  return centres.map((centre, i) => {
    const size = sizes[Math.floor(i / channels)]!;
    return size > 0 ? values[i]! / size : centre;
  });
}

/** The vectors at length 1; those of length 0 stay. */
export function normalised(vectors: Float32Array, channels: number): Float32Array {
  const inverse = inverseLengths(vectors, channels);
  return vectors.map((value, i) => value * inverse[Math.floor(i / channels)]!);
}
