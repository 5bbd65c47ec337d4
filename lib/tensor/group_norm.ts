import { differentiable } from "./_differentiable.ts";
import * as tf from "./tf.ts";

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
}

/**
 * Group normalisation: the values of a group of neighbouring channels, over all pixels of one image, are brought to
 * mean 0 and variance 1, then scaled and offset by channel.
 *
 * @param x Feature map [B, H, W, C].
 * @param options Groups and affine parameters.
 * @returns Feature map [B, H, W, C].
 * @throws RangeError if the number of channels is no multiple of the number of groups.
 */
export function groupNorm(
  x: tf.Tensor4D,
  { groups, scale, offset, epsilon = 1e-5 }: GroupNormOptions,
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (channels % groups !== 0) {
    throw new RangeError(`Expected channels in ${groups} equal groups but found ${channels} channels`);
  }
  /** Mean over pixels and a group's channels of what is given as a sum over pixels, repeated for its channels. */
  const groupMean = (sums: tf.Tensor): tf.Tensor =>
    sums.reshape([batch, groups, channels / groups]).mean(2, true).div(height * width)
      .tile([1, 1, channels / groups]).reshape([batch, 1, 1, channels]);

  return differentiable({
    inputs: { x, scale, offset },
    forward(save) {
      const centred = x.sub<tf.Tensor4D>(groupMean(sumPixels(x)));
      const rate = groupMean(sumPixels(centred.square())).add(epsilon).rsqrt(); // [B, 1, 1, C]
      save([centred, rate, scale]);
      return centred.mul(rate.mul(scale)).add(offset);
    },
    backward: (dy, [centred, rate, scale]) => ({
      // With z = centred · rate: dx = rate · (dz − mean(dz) − z · mean(dz · z)), dz = dy · scale.
      x() {
        const meanDz = groupMean(sumPixels(dy as tf.Tensor4D).mul(scale!));
        const meanDzCentred = groupMean(sumPixels(dy.mul(centred!)).mul(scale!));
        return dy.mul(rate!.mul(scale!)).sub(centred!.mul(meanDzCentred.mul(rate!.pow(3))).add(meanDz.mul(rate!)));
      },
      scale: () => sumPixels(dy.mul(centred!)).mul(rate!).sum(0).reshape([channels]),
      offset: () => sumPixels(dy as tf.Tensor4D).sum(0).reshape([channels]),
    }),
  }) as tf.Tensor4D;
}

/**
 * Sums over the pixels of each image, [B, 1, 1, C]; products with ones, which every backend does fast, first along
 * rows, then along columns, so that no sum runs over too many small values.
 */
function sumPixels(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const rows = tf.matMul(tf.ones<tf.Rank.R3>([1, 1, width]), x.reshape([batch * height, width, channels]));
  const sums = tf.matMul(tf.ones<tf.Rank.R3>([1, 1, height]), rows.reshape([batch, height, channels]));
  return sums.reshape([batch, 1, 1, channels]);
}
