import { differentiable, shareGradient } from "./_differentiable.ts";
import { kernels } from "./_kernels.ts";
import type * as tf from "./tf.ts";

/** Options of {@linkcode groupNorm}. */
export interface GroupNormOptions {
  /** Number of groups; divides the number of channels. */
  groups: number;
  /** Factor of every channel, [C]. */
  scale: tf.Tensor1D;
  /** Summand of every channel, [C]. */
  offset: tf.Tensor1D;
  /** Added to the variance. Default: 1e-5. */
  epsilon?: number;
  /** Applied last. */
  activation?: "relu";
}

/**
 * Group normalisation: the values of a group of neighbouring channels, over all pixels of one image, are brought to
 * mean 0 and variance 1, then scaled and offset by channel.
 *
 * @param x Feature map [B, H, W, C].
 * @param options Groups, affine parameters, and a ReLU.
 * @returns Feature map [B, H, W, C].
 * @throws RangeError if the number of channels is no multiple of the number of groups.
 */
export function groupNorm(
  x: tf.Tensor4D,
  { groups, scale, offset, epsilon = 1e-5, activation }: GroupNormOptions,
): tf.Tensor4D {
  const channels = x.shape[3];
  if (channels % groups !== 0) {
    throw new RangeError(`Expected channels in ${groups} equal groups but found ${channels} channels`);
  }
  const options = { groups, scale, offset, epsilon, activation };
  return differentiable({
    inputs: { x, scale, offset },
    forward(save) {
      const { y, saved } = kernels().groupNorm(x, options);
      save(saved);
      return y;
    },
    backward: (dy, saved) =>
      kernels().groupNormGradients(dy as tf.Tensor4D, saved, { ...options, share: shareGradient }),
  }) as tf.Tensor4D;
}

/** Options of {@linkcode foldBatchNorm}: the parameters of a batch norm, each of shape [D]. */
export interface BatchNorm {
  /** Factor γ. */
  weight: tf.Tensor1D;
  /** Summand β. */
  bias: tf.Tensor1D;
  /** Stored mean. */
  mean: tf.Tensor1D;
  /** Stored variance. */
  variance: tf.Tensor1D;
  /** Added to the variance. Default: 1e-5. */
  epsilon?: number;
}

/**
 * Folds a batch norm with stored statistics into the convolution before it, exactly:
 * filter · γ/σ and β − mean · γ/σ. Differentiable in the filter, γ and β.
 *
 * @param filter Filter [h, w, C, D] of a convolution, or [h, w, D, 1] of a depthwise one.
 * @param batchNorm Parameters of the batch norm.
 * @returns Filter of the same shape, and bias [D].
 * @throws RangeError if the filter does not make D channels.
 */
export function foldBatchNorm(
  filter: tf.Tensor4D,
  { weight, bias, mean, variance, epsilon = 1e-5 }: BatchNorm,
): { filter: tf.Tensor4D; bias: tf.Tensor1D } {
  const shape = factorShape(filter.shape, weight.size);
  const factor = weight.mul<tf.Tensor1D>(variance.add(epsilon).rsqrt()); // [D]
  return { filter: filter.mul(factor.reshape(shape)), bias: bias.sub(mean.mul(factor)) };
}

function factorShape([height, width, inputs, outputs]: tf.Tensor4D["shape"], channels: number): number[] {
  if (outputs === channels) return [1, 1, 1, channels];
  if (inputs === channels && outputs === 1) return [1, 1, channels, 1];
  throw new RangeError(
    `Expected a filter that makes ${channels} channels but found shape [${[height, width, inputs, outputs]}]`,
  );
}
