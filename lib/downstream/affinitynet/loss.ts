import { type GridSize, pairLabels, type PathIndex } from "../../relation/mod.ts";
import { featurePairLoss, type tf } from "../../tensor/mod.ts";

/** Numbers of pairs by their labels, by which the losses are divided. */
export interface AffinityCounts {
  /** Both pixels background. */
  readonly background: number;
  /** Both pixels of one foreground class. */
  readonly foreground: number;
  /** Pixels of different classes, background included. */
  readonly negative: number;
}

/** Options of {@linkcode affinityNetLoss}. */
export interface AffinityLossOptions {
  /** One label map [h, w] an image at stride 8: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Pixels that make pairs. */
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
 * Works out the loss of AffinityNet: ¼ mean over equal background pairs of −ln a + ¼ mean over equal foreground pairs of −ln a +
 * ½ mean over different pairs of −ln (1 − a), with the affinity a = exp(−mean over channels of |fᵢ − fⱼ|) (equations 3
 * to 8 of the paper; the mean over channels, where the paper has the sum, is the released code's).
 *
 * @param features [B, h, w, C].
 * @param options Labels and pairs.
 * @returns A scalar. Losses of parts of a batch add up to that of the batch.
 * @throws RangeError if features and labels do not fit together.
 */
export function affinityNetLoss(features: tf.Tensor4D, { labels, index, counts }: AffinityLossOptions): tf.Scalar {
  const [count, height, width] = features.shape;
  if (count !== labels.length || labels.some((map) => map.length !== height * width)) {
    throw new RangeError(
      `Expected ${count} label maps of ${height}×${width} but found ${labels.map((map) => map.length)} labels`,
    );
  }
  const weights = {
    background: 0.25 / (counts.background + EPSILON),
    foreground: 0.25 / (counts.foreground + EPSILON),
    negative: 0.5 / (counts.negative + EPSILON),
  };
  return featurePairLoss(features, { labels, pairs: index, weights, epsilon: EPSILON });
}
