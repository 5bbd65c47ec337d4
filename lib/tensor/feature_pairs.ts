/** The loss on pairs of pixels by the distance of their features, on the processor. */

/** Pairs of pixels, alike at every source. */
export interface FeaturePairs {
  /** Largest coordinate of an offset. */
  readonly reach: number;
  /** Number of destinations of each source. */
  readonly count: number;
  /** [count, 2] offsets (dy, dx) of the destinations from the source. */
  readonly destinations: Int32Array;
}

/** Pairs, labels and what each pair counts. */
export interface WeightedFeaturePairs {
  /** One label map [h, w] an image: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Which pixels make pairs. */
  readonly pairs: FeaturePairs;
  /** Weights of an equal background pair, an equal foreground pair, and a pair of different classes. */
  readonly weights: Readonly<Record<"background" | "foreground" | "negative", number>>;
  /** Least distance of an affinity from 0 or 1 inside a logarithm. */
  readonly epsilon: number;
}

/** Weighted sum over the pairs of all images, and its gradient by the features [B, h, w, C]. */
export function featurePairLosses(
  features: Float32Array,
  [, height, width, channels]: readonly [number, number, number, number],
  options: WeightedFeaturePairs,
): { total: number; gradient: Float32Array<ArrayBuffer> } {
  const gradient = new Float32Array(features.length), size = height * width * channels;
  let total = 0;
  for (const [image, labels] of options.labels.entries()) {
    const part = [image * size, (image + 1) * size] as const;
    const shape = { height, width, channels };
    total += imageLoss(features.subarray(...part), gradient.subarray(...part), { ...options, ...shape, labels });
  }
  return { total, gradient };
}

/** Weighted sum over the pairs of an image; adds to the gradient. */
function imageLoss(
  features: Float32Array,
  gradient: Float32Array,
  { labels, pairs, height, width, channels, weights, epsilon }: Omit<WeightedFeaturePairs, "labels"> & {
    labels: Uint8Array;
    height: number;
    width: number;
    channels: number;
  },
): number {
  let total = 0;
  for (let k = 0; k < pairs.count; k++) {
    const offset = pairs.destinations[2 * k]! * width + pairs.destinations[2 * k + 1]!;
    for (let y = 0; y < height - pairs.reach; y++) {
      for (let x = pairs.reach; x < width - pairs.reach; x++) {
        const i = y * width + x, j = i + offset;
        const from = labels[i]!, to = labels[j]!;
        if (from === 255 || to === 255) continue;
        const affinity = Math.exp(-featureDistance(features, i * channels, j * channels, channels));
        let slope: number; // of the loss by the distance
        if (from === to) {
          const weight = from === 0 ? weights.background : weights.foreground;
          total -= weight * Math.log(affinity + epsilon);
          slope = weight * affinity / (affinity + epsilon);
        } else {
          total -= weights.negative * Math.log(1 + epsilon - affinity);
          slope = -weights.negative * affinity / (1 + epsilon - affinity);
        }
        spread(features, gradient, { i: i * channels, j: j * channels, channels, slope: slope / channels });
      }
    }
  }
  return total;
}

function spread(
  features: Float32Array,
  gradient: Float32Array,
  { i, j, channels, slope }: { i: number; j: number; channels: number; slope: number },
): void {
  for (let c = 0; c < channels; c++) {
    const difference = features[i + c]! - features[j + c]!;
    const step = difference > 0 ? slope : difference < 0 ? -slope : 0;
    gradient[i + c]! += step;
    gradient[j + c]! -= step;
  }
}

/** Mean over channels of |fᵢ − fⱼ|; `i` and `j` are where the features of two pixels start. */
export function featureDistance(features: Float32Array, i: number, j: number, channels: number): number {
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += Math.abs(features[i + c]! - features[j + c]!);
  return sum / channels;
}
