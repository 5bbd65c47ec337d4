/**
 * The losses of both branches on pairs of pixels
 * (paper: Loss for Displacement Field Prediction; Loss for Class Boundary Detection).
 * @module
 */
import type { GridSize, PathIndex } from "../relation/path_index.ts";
import * as tf from "../tensor/tf.ts";
import { PairPlanes, type PairWeights } from "./_path_affinity.ts";
import { pairLossesOnGpu } from "./_webgpu_pair_losses.ts";

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

/** Pairs, labels and weights of {@linkcode pairLosses} and {@linkcode irnetLoss}. */
export interface LossOptions {
  /** One label map [H, W] an image at stride 4: 0 background, 1… class, 255 void. */
  readonly labels: readonly Uint8Array[];
  /** Which pixels make pairs. */
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
  const planes = new PairPlanes(index, size);
  const counts = { background: 0, foreground: 0, negative: 0 };
  for (const map of labels) {
    checkLabels(map, size);
    planes.setLabels(map);
    const [background, foreground, negative] = planes.count();
    counts.background += background;
    counts.foreground += foreground;
    counts.negative += negative;
  }
  return counts;
}

/**
 * The losses on all pairs of some images, and their gradients.
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
  const planes = new PairPlanes(index, size);
  const half = { positive: 0, negative: 0, foreground: 0, background: 0 };
  const logitsGradient = new Float32Array(count * pixels);
  const displacementGradient = new Float32Array(2 * count * pixels);
  let poison = 0; // what is not finite, also where no pair looks

  const channel = planes.displacement.length / 2;
  labels.forEach((map, image) => {
    planes.setLabels(map);
    planes.boundaryGradient.fill(0);
    planes.displacementGradient.fill(0);
    for (let y = 0, from = image * pixels; y < height; y++) {
      for (let x = 0, to = y * planes.pitch; x < width; x++, from++, to++) {
        const logit = logits[from]!, dy = displacement[2 * from]!, dx = displacement[2 * from + 1]!;
        planes.boundary[to] = 1 / (1 + Math.exp(-logit));
        planes.displacement[to] = dy;
        planes.displacement[channel + to] = dx;
        poison += 0 * (logit + dy + dx);
      }
    }
    const parts = planes.losses(weights);
    half.positive += parts.positive;
    half.negative += parts.negative;
    half.foreground += parts.foreground;
    half.background += parts.background;
    for (let y = 0, to = image * pixels; y < height; y++) {
      for (let x = 0, from = y * planes.pitch; x < width; x++, from++, to++) {
        const probability = planes.boundary[from]!;
        logitsGradient[to] = planes.boundaryGradient[from]! * probability * (1 - probability);
        displacementGradient[2 * to] = planes.displacementGradient[from]!;
        displacementGradient[2 * to + 1] = planes.displacementGradient[channel + from]!;
      }
    }
  });

  return {
    total: half.positive + half.negative + half.foreground + half.background + poison,
    parts: {
      positive: 2 * half.positive,
      negative: 2 * half.negative,
      foreground: 2 * half.foreground,
      background: backgroundDisplacement > 0 ? 2 * half.background / backgroundDisplacement : 0,
    },
    logitsGradient,
    displacementGradient,
  };
}

/**
 * The total of {@linkcode pairLosses} as a tensor that gradients flow through.
 *
 * @param logits [B, H, W, 1] boundary before the sigmoid, at stride 4.
 * @param displacement [B, H, W, 2] (dy, dx) in pixels at stride 4.
 * @param options Labels, pairs and weights.
 * @returns The total, a scalar. Totals of parts of a batch add up to that of the batch.
 * @throws RangeError if the tensors or the label maps do not fit together.
 */
export function irnetLoss(logits: tf.Tensor4D, displacement: tf.Tensor4D, options: LossOptions): tf.Scalar {
  const [count, height, width] = logits.shape;
  if (count !== options.labels.length) {
    throw new RangeError(`Expected ${options.labels.length} images, as there are label maps, but found ${count}`);
  }
  options.labels.forEach((map) => checkLabels(map, { height, width }));
  const compute = tf.getBackend() === "webgpu" ? lossOnGpu : lossOnProcessor;
  const loss = tf.customGrad((...inputs) => {
    const [edges, field, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    return compute(edges, field, { ...options, size: { height, width }, save });
  });
  return loss(logits, displacement) as tf.Scalar;
}

/** A total, and its gradients by both maps. */
interface Differentiable {
  readonly value: tf.Tensor;
  gradFunc(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[];
}

function lossOnProcessor(
  edges: tf.Tensor,
  field: tf.Tensor,
  options: LossOptions & { size: GridSize },
): Differentiable {
  const { total, logitsGradient, displacementGradient } = pairLosses(
    edges.dataSync<"float32">(),
    field.dataSync<"float32">(),
    options,
  );
  return {
    value: tf.scalar(total),
    gradFunc: (dy) => [
      tf.tensor(logitsGradient, edges.shape).mul(dy),
      tf.tensor(displacementGradient, field.shape).mul(dy),
    ],
  };
}

function lossOnGpu(
  edges: tf.Tensor,
  field: tf.Tensor,
  { labels, index, counts, backgroundDisplacement = 1, size, save }: LossOptions & {
    size: GridSize;
    save: tf.GradSaveFunc;
  },
): Differentiable {
  const weights = pairWeights(counts, backgroundDisplacement);
  const { total, logitsGradient, displacementGradient } = pairLossesOnGpu(edges, field, {
    labels,
    index,
    size,
    weights,
  });
  save([logitsGradient, displacementGradient]);
  return { value: total, gradFunc: (dy, gradients) => gradients.map((gradient) => gradient.mul(dy)) };
}

/** What a pair counts; the total's weight of each loss is ½, and a displacement has two channels. */
function pairWeights(counts: PairCounts, backgroundDisplacement: number): PairWeights {
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
