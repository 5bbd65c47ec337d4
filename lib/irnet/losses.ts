/**
 * The losses of both branches on pairs of pixels
 * (paper: Loss for Displacement Field Prediction; Loss for Class Boundary Detection).
 * @module
 */
import type { GridSize, PathIndex } from "../relation/path_index.ts";
import type { NoteParts } from "../train/loss.ts";
import { countPathPairs, pathPairLoss, pathPairLosses, type PathWeights, type tf } from "../tensor/mod.ts";

/** Numbers of pairs by their labels, by which the losses are divided. */
export interface PairCounts {
  /** Both pixels background. */
  readonly background: number;
  /** Both pixels of one foreground class. */
  readonly foreground: number;
  /** Pixels of different classes, background included. */
  readonly negative: number;
}

/** The losses before they are added up. */
export interface LossParts {
  /** Affinity of equal pixels should be 1. */
  readonly positive: number;
  /** Affinity of pixels of different classes should be 0. */
  readonly negative: number;
  /** Displacements of one object's pixels should differ by the offset between them. */
  readonly foreground: number;
  /** Displacements of background pixels should be equal. */
  readonly background: number;
}

/** Names of the four losses, in their order. */
export const LOSS_PARTS = ["positive", "negative", "foreground", "background"] as const satisfies (keyof LossParts)[];

/** Pairs, labels and weights of {@linkcode pairLosses} and {@linkcode irnetLoss}. */
export interface LossOptions {
  /** One label map [H, W] an image at stride 4: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Pixels that make pairs. */
  readonly index: PathIndex;
  /** Numbers of pairs of the whole batch, of which the images may be a part. */
  readonly counts: PairCounts;
  /** Weight of the background displacement loss; 1 in the paper. */
  readonly backgroundDisplacement?: number;
}

/** Losses and gradients that {@linkcode pairLosses} returns. */
export interface PairLosses {
  /** Half of the affinity losses plus half of the displacement losses. */
  readonly total: number;
  /** The four losses. */
  readonly parts: LossParts;
  /** [B, H, W] gradient of the total by the boundary logits. */
  readonly logitsGradient: Float32Array<ArrayBuffer>;
  /** [B, H, W, 2] gradient of the total by the displacement. */
  readonly displacementGradient: Float32Array<ArrayBuffer>;
}

/** Keeps a mean over no pairs from dividing by zero. */
const NONE = 1e-5;

/**
 * Counts the pairs of a batch by their labels. Counts of several batches add up.
 *
 * @param labels One label map [H, W] an image at stride 4: 0 background, 1… class, 255 void.
 * @throws RangeError if a label map has another size.
 */
export function pairCounts(
  labels: readonly Uint8Array[],
  { index, size }: { index: PathIndex; size: GridSize },
): PairCounts {
  for (const map of labels) checkLabels(map, size);
  return countPathPairs({ labels, pairs: index, size });
}

/**
 * Works out the losses on all pairs of some images, and their gradients.
 *
 * An affinity is one minus the highest boundary probability on the path of a pair. With means over the pairs of the
 * whole batch,
 *
 * - positive = ½ mean over equal background of −ln a + ½ mean over equal foreground of −ln a,
 * - negative = mean over different classes of −ln (1 − a),
 * - foreground = mean over equal foreground of |D(source) − D(destination) − offset|,
 * - background = mean over equal background of |D(source) − D(destination)|,
 * - total = ½ (positive + negative) + ½ (foreground + weight · background).
 *
 * The gradient of a highest probability goes to the first point of the path that has it.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `logits` | [B, H, W] | f32 | boundary before the sigmoid, at stride 4 |
 * | `displacement` | [B, H, W, 2] | f32 | (dy, dx) in pixels at stride 4 |
 *
 * Values that are not finite make the total not finite.
 *
 * @throws RangeError if an array or a label map has another size.
 */
export function pairLosses(
  logits: Float32Array,
  displacement: Float32Array,
  { labels, index, counts, backgroundDisplacement = 1, size }: LossOptions & { size: GridSize },
): PairLosses {
  const { height, width } = size, pixels = height * width, count = labels.length;
  checkLength("boundary logits", logits, count * pixels);
  checkLength("displacements", displacement, 2 * count * pixels);
  labels.forEach((map) => checkLabels(map, size));

  const weights = pairWeights(counts, backgroundDisplacement);
  const half = pathPairLosses(logits, displacement, { labels, pairs: index, size, weights });
  return {
    total: half.total,
    parts: {
      positive: 2 * half.positive,
      negative: 2 * half.negative,
      foreground: 2 * half.foreground,
      background: backgroundDisplacement > 0 ? 2 * half.background / backgroundDisplacement : 0,
    },
    logitsGradient: half.logitsGradient,
    displacementGradient: half.displacementGradient,
  };
}

/**
 * Works out the total of {@linkcode pairLosses} as a tensor that gradients flow through.
 *
 * @param logits [B, H, W, 1] boundary before the sigmoid, at stride 4.
 * @param displacement [B, H, W, 2] (dy, dx) in pixels at stride 4.
 * @param options Labels, pairs and weights; `note` is told the four losses, in the order of {@linkcode LOSS_PARTS}.
 * @returns The total, a scalar. Totals of parts of a batch add up to that of the batch.
 * @throws RangeError if the tensors or the label maps do not fit together.
 */
export function irnetLoss(
  logits: tf.Tensor4D,
  displacement: tf.Tensor4D,
  options: LossOptions & { readonly note?: NoteParts | undefined },
): tf.Scalar {
  const { labels, index, counts, backgroundDisplacement = 1, note } = options, [count, height, width] = logits.shape;
  if (count !== labels.length) {
    throw new RangeError(`Expected ${labels.length} images, as there are label maps, but found ${count}`);
  }
  const size = { height, width };
  labels.forEach((map) => checkLabels(map, size));
  const weights = pairWeights(counts, backgroundDisplacement);
  const factors = [2, 2, 2, backgroundDisplacement > 0 ? 2 / backgroundDisplacement : 0]; // they come as halves
  return pathPairLoss(logits, displacement, {
    ...{ labels, pairs: index, size, weights },
    note: note && ((halves) => note(halves.mul(factors))),
  });
}

/** Weight of a pair; the total's weight of each loss is ½, and a displacement has two channels. */
function pairWeights(counts: PairCounts, backgroundDisplacement: number): PathWeights {
  return {
    affinityBackground: 0.25 / (counts.background + NONE),
    affinityForeground: 0.25 / (counts.foreground + NONE),
    affinityNegative: 0.5 / (counts.negative + NONE),
    displacementForeground: 0.5 / (2 * counts.foreground + NONE),
    displacementBackground: 0.5 * backgroundDisplacement / (2 * counts.background + NONE),
  };
}

function checkLabels(labels: Uint8Array, { height, width }: GridSize): void {
  if (labels.length !== height * width) {
    throw new RangeError(`Expected a label map of ${height}×${width} = ${height * width} but found ${labels.length}`);
  }
}

function checkLength(name: string, values: Float32Array, expected: number): void {
  if (values.length !== expected) throw new RangeError(`Expected ${expected} ${name} but found ${values.length}`);
}
