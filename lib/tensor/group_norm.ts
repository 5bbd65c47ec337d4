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
  /** Rectifier applied last. */
  activation?: "relu";
}

/**
 * Group normalisation: the values of a group of neighbouring channels, over all pixels of one image, are brought to
 * mean 0 and variance 1, then scaled and offset by channel.
 *
 * @param x Feature map [B, H, W, C].
 * @param options Groups, affine parameters, and a rectifier.
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
