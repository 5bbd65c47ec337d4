import { normalise } from "../data/crop.ts";
import type { RgbImage } from "../data/image.ts";
import { type Random, random } from "../data/random.ts";
import type { NumericArray } from "../files/array.ts";
import * as tf from "../tensor/tf.ts";
import { kMeans, normalised } from "./k_means.ts";
import type { CamNetwork } from "./network.ts";

/** What LPCAM's prototypes are found with. */
export interface PrototypeSettings {
  /** Clusters of the vectors inside class attention maps, and of those outside, of a class. */
  readonly clusters: number;
  /** Normalised score that tells inside from outside. */
  readonly select: number;
  /** Probability of the class above which a centre inside is a prototype. */
  readonly foreground: number;
  /** Probabilities of the class between which a centre outside is context. */
  readonly context: readonly [number, number];
  /** Vectors of a class that are clustered, inside and outside, at most. */
  readonly vectors: number;
  /** Rounds of clustering, at most. */
  readonly iterations: number;
}

/** What a class looks like: features that are it, and features that only come with it. */
export interface ClassPrototypes {
  /** Centres of features of the class, [P, channels]. */
  readonly prototypes: NumericArray<Float32Array>;
  /** Centres of features around it that the classifier takes for it in part, [Q, channels]. */
  readonly context: NumericArray<Float32Array>;
}

/** A random sample of vectors that holds a bounded number of them, however many there are: each is as likely as another. */
export class VectorSample {
  readonly #channels: number;
  readonly #most: number;
  readonly #draw: Random;
  #values = new Float32Array(0);
  /** Number of vectors that were offered. */
  seen = 0;

  /** Begins a sample of at most `most` vectors of `channels` values. */
  constructor({ channels, most, draw }: { channels: number; most: number; draw: Random }) {
    this.#channels = channels;
    this.#most = most;
    this.#draw = draw;
  }

  /** Offers a vector, which is copied where it is taken. */
  add(vector: Float32Array): void {
    const at = this.seen < this.#most ? this.seen : Math.floor(this.#draw() * (this.seen + 1));
    this.seen++;
    if (at >= this.#most) return;
    const end = (at + 1) * this.#channels;
    if (end > this.#values.length) {
      const grown = new Float32Array(Math.min(2 * end, this.#most * this.#channels));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values.set(vector, end - this.#channels);
  }

  /** The vectors, [N, channels]. */
  vectors(): Float32Array {
    return this.#values.subarray(0, Math.min(this.seen, this.#most) * this.#channels);
  }
}

/** Features of the images of a class: inside its class attention maps, and outside. */
export class ClassVectors {
  /** Features where the map is above the limit. */
  readonly inside: VectorSample;
  /** Features where it is below. */
  readonly outside: VectorSample;
  readonly #channels: number;
  readonly #label: number;
  readonly #seed: number;
  readonly #settings: PrototypeSettings;

  /** Begins with no image; `label`: the class, 0-based; `seed`: that of the run. */
  constructor(
    settings: PrototypeSettings,
    { channels, label, seed }: { channels: number; label: number; seed: number },
  ) {
    const sample = (side: string) =>
      new VectorSample({ channels, most: settings.vectors, draw: random(seed, "prototypes", label, side) });
    this.inside = sample("inside");
    this.outside = sample("outside");
    this.#channels = channels;
    this.#label = label;
    this.#seed = seed;
    this.#settings = settings;
  }

  /** Adds those of an image: `features` [N, channels], and the class's map at the same N positions, of maximum 1. */
  add(features: Float32Array, map: Float32Array): void {
    const channels = this.#channels, { select } = this.#settings;
    for (const [n, score] of map.entries()) {
      if (score === select) continue;
      (score > select ? this.inside : this.outside).add(features.subarray(n * channels, (n + 1) * channels));
    }
  }

  /**
   * Clusters the vectors and chooses prototypes among the centres, by {@linkcode choosePrototypes}.
   *
   * @param weights The classifier's, [classes, channels].
   * @returns Prototypes and context; no prototypes where no vector inside was seen.
   */
  async prototypes(weights: Float32Array): Promise<ClassPrototypes> {
    const channels = this.#channels, label = this.#label, { clusters, iterations } = this.#settings;
    const centres = (side: "inside" | "outside") =>
      kMeans(this[side].vectors(), {
        ...{ channels, clusters, iterations },
        draw: random(this.#seed, "prototypes", label, side, "clusters"),
      });
    const [inside, outside] = [await centres("inside"), await centres("outside")];
    return choosePrototypes({ inside, outside }, { ...this.#settings, weights, label, channels });
  }
}

/**
 * Chooses among centres by what the classifier says of them: the probability of the class, the softmax of the products
 * of a centre and the classifier's weights over all classes (LPCAM: Extracting Class Prototypes). A classifier of one
 * class has no other to compare with; there it is the sigmoid.
 *
 * @param centres Of clusters of features inside class attention maps and outside, [K, channels] each.
 * @param options Weights of the classifier [classes, channels], the class, 0-based, and the bounds.
 * @returns The centres inside above the bar, or the likeliest where none is, and those outside between the bounds.
 */
export function choosePrototypes(
  { inside, outside }: { inside: Float32Array; outside: Float32Array },
  { weights, label, channels, foreground, context: [low, high] }:
    & Pick<PrototypeSettings, "foreground" | "context">
    & { weights: Float32Array; label: number; channels: number },
): ClassPrototypes {
  const chances = (centres: Float32Array) =>
    Array.from({ length: centres.length / channels }, (_, k) => {
      const centre = centres.subarray(k * channels, (k + 1) * channels);
      return probability(centre, { weights, label });
    });
  const pick = (centres: Float32Array, chosen: readonly number[]) => ({
    shape: [chosen.length, channels],
    data: Float32Array.from(chosen.flatMap((k) => [...centres.subarray(k * channels, (k + 1) * channels)])),
  });
  const all = chances(inside), sure = all.flatMap((chance, k) => chance > foreground ? [k] : []);
  const likeliest = all.length > 0 ? [all.indexOf(Math.max(...all))] : [];
  const near = chances(outside).flatMap((chance, k) => low < chance && chance < high ? [k] : []);
  return { prototypes: pick(inside, sure.length > 0 ? sure : likeliest), context: pick(outside, near) };
}

function probability(
  centre: Float32Array,
  { weights, label }: { weights: Float32Array; label: number },
): number {
  const channels = centre.length, classes = weights.length / channels;
  const logits = Array.from({ length: classes }, (_, c) => {
    let sum = 0;
    for (let i = 0; i < channels; i++) sum += centre[i]! * weights[c * channels + i]!;
    return sum;
  });
  if (classes === 1) logits.push(0);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - logits[label]!), 0);
}

/**
 * Works out the one direction that the map of a class compares features with: the mean of its prototypes at length 1,
 * less that of its context. The mean of cosine similarities is the product with it.
 *
 * @param weights The classifier's weights of the class, [channels]: its direction where it has no prototypes.
 */
export function prototypeDirection({ prototypes, context }: ClassPrototypes, weights: Float32Array): Float32Array {
  const channels = weights.length;
  if (prototypes.data.length === 0) return normalised(weights, channels);
  const direction = new Float64Array(channels);
  for (const [{ shape, data }, sign] of [[prototypes, 1], [context, -1]] as const) {
    normalised(data, channels).forEach((value, i) => direction[i % channels]! += sign * value / shape[0]!);
  }
  return Float32Array.from(direction);
}

/**
 * Computes the features of an image, as it is, and the class attention maps at the same positions.
 *
 * @param network Backbone and parameters; folded parameters are faster.
 * @param image The image.
 * @param options `labels`: 0-based classes, whose maps these are.
 * @returns `features` [N, channels], N the number of positions, and a map [N] of maximum 1 for each class; 0 everywhere
 * where no feature speaks for it.
 */
export async function featuresAndCams(
  { backbone, params }: CamNetwork,
  image: RgbImage,
  { labels }: { labels: readonly number[] },
): Promise<{ features: Float32Array; maps: Float32Array[] }> {
  const { height, width } = image, { channels, preprocess } = backbone;
  const [features, cams] = tf.tidy(() => {
    const pixels = tf.tensor4d(normalise(image, preprocess), [1, height, width, 3]);
    const features = backbone.forward(params, pixels).features.reshape<tf.Tensor2D>([-1, channels]); // [N, C]
    const weights = params["classifier.weight"]!.reshape<tf.Tensor2D>([channels, -1]); //               [C, classes]
    const chosen = tf.gather(weights, [...labels], 1); //                                               [C, K]
    return [features, features.matMul<tf.Tensor2D>(chosen).relu().transpose()]; //                      [K, N]
  });
  const [values, scores] = await Promise.all([features!.data(), cams!.data()]) as [Float32Array, Float32Array];
  tf.dispose([features!, cams!]);
  const count = values.length / channels;
  const maps = labels.map((_, k) => {
    const map = scores.slice(k * count, (k + 1) * count);
    const maximum = map.reduce((most, score) => Math.max(most, score), 0);
    return maximum > 0 ? map.map((score) => score / maximum) : map;
  });
  return { features: values, maps };
}
