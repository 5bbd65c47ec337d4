import { type GridSize, pairLabels, type PathIndex } from "../../relation/mod.ts";
import { tf } from "../../tensor/mod.ts";
import { distance } from "./_distance.ts";
import { affinityLossOnGpu } from "./_webgpu_loss.ts";

/** Numbers of pairs by their labels, by which the losses are divided. */
export interface AffinityCounts {
  /** Both pixels background. */
  readonly background: number;
  /** Both pixels of one foreground class. */
  readonly foreground: number;
  /** Pixels of different classes, background included. */
  readonly negative: number;
}

/** Labels and pairs of {@linkcode affinityNetLoss}. */
export interface AffinityLossOptions {
  /** One label map [h, w] an image at stride 8: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Which pixels make pairs. */
  readonly index: PathIndex;
  /** Numbers of pairs of the whole batch, of which the images may be a part. */
  readonly counts: AffinityCounts;
}

/** Keeps logarithms and means finite, as in the released code. */
const EPSILON = 1e-5;

/** Counts the pairs of a batch. @throws RangeError if a label map has another size. */
export function affinityCounts(
  labels: readonly Uint8Array[],
  { index, size }: { index: PathIndex; size: GridSize },
): AffinityCounts {
  const counts = { background: 0, foreground: 0, negative: 0 };
  for (const map of labels) {
    const pairs = pairLabels(map, { index, size });
    for (const kind of ["background", "foreground", "negative"] as const) {
      for (const one of pairs[kind]) counts[kind] += one;
    }
  }
  return counts;
}

/**
 * The loss of AffinityNet: ¼ mean over equal background pairs of −ln a + ¼ mean over equal foreground pairs of −ln a +
 * ½ mean over different pairs of −ln (1 − a), with the affinity a = exp(−mean over channels of |fᵢ − fⱼ|) (equations 3
 * to 8 of the paper; the mean over channels, where the paper has the sum, is the released code's).
 *
 * @param features [B, h, w, C].
 * @param options Labels and pairs.
 * @returns A scalar. Losses of parts of a batch add up to that of the batch.
 * @throws RangeError if features and labels do not fit together.
 */
export function affinityNetLoss(features: tf.Tensor4D, { labels, index, counts }: AffinityLossOptions): tf.Scalar {
  const [count, height, width, channels] = features.shape, size = height * width;
  if (count !== labels.length || labels.some((map) => map.length !== size)) {
    throw new RangeError(
      `Expected ${count} label maps of ${height}×${width} but found ${labels.map((map) => map.length)} labels`,
    );
  }
  const weights = {
    background: 0.25 / (counts.background + EPSILON),
    foreground: 0.25 / (counts.foreground + EPSILON),
    negative: 0.5 / (counts.negative + EPSILON),
  };
  const onGpu = tf.getBackend() === "webgpu";
  const loss = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor4D, tf.GradSaveFunc];
    if (onGpu) {
      const { total, gradient } = affinityLossOnGpu(x, { labels, index, weights, epsilon: EPSILON });
      save([gradient]);
      return { value: total, gradFunc: (dy: tf.Tensor, [gradient]: tf.Tensor[]) => gradient!.mul(dy) };
    }
    const values = x.dataSync<"float32">();
    const gradient = new Float32Array(values.length);
    let total = 0;
    for (const [image, map] of labels.entries()) {
      const part = [image * size * channels, (image + 1) * size * channels] as const;
      total += imageLoss(values.subarray(...part), gradient.subarray(...part), {
        labels: map,
        index,
        size: { height, width },
        channels,
        weights,
      });
    }
    return {
      value: tf.scalar(total),
      gradFunc: (dy: tf.Tensor) => tf.tensor(gradient, features.shape).mul(dy),
    };
  });
  return loss(features) as tf.Scalar;
}

/** Weighted sum over the pairs of an image; adds to the gradient. */
function imageLoss(
  features: Float32Array,
  gradient: Float32Array,
  { labels, index, size: { height, width }, channels, weights }: {
    labels: Uint8Array;
    index: PathIndex;
    size: GridSize;
    channels: number;
    weights: Record<"background" | "foreground" | "negative", number>;
  },
): number {
  let total = 0;
  for (let k = 0; k < index.count; k++) {
    const offset = index.destinations[2 * k]! * width + index.destinations[2 * k + 1]!;
    for (let y = 0; y < height - index.reach; y++) {
      for (let x = index.reach; x < width - index.reach; x++) {
        const i = y * width + x, j = i + offset;
        const from = labels[i]!, to = labels[j]!;
        if (from === 255 || to === 255) continue;
        const affinity = Math.exp(-distance(features, i * channels, j * channels, channels));
        let slope: number; // of the loss by the distance
        if (from === to) {
          const weight = from === 0 ? weights.background : weights.foreground;
          total -= weight * Math.log(affinity + EPSILON);
          slope = weight * affinity / (affinity + EPSILON);
        } else {
          total -= weights.negative * Math.log(1 + EPSILON - affinity);
          slope = -weights.negative * affinity / (1 + EPSILON - affinity);
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
