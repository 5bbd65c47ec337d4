/** Group normalisation made of TensorFlow.js's operations. */
import type { MapKernels } from "./_kernels.ts";
import * as tf from "./tf.ts";

export const groupNormKernels: Pick<MapKernels, "groupNorm" | "groupNormGradients"> = {
  groupNorm(x, { groups, scale, offset, epsilon, activation }) {
    const [y, centred, rate] = tf.tidy(() => {
      const centred = x.sub<tf.Tensor4D>(groupMean(sumPixels(x), { groups, like: x }));
      const variance = groupMean(sumPixels(centred.square()), { groups, like: x });
      const rate = variance.add(epsilon).rsqrt(); // [B, 1, 1, C]
      const y = centred.mul(rate.mul(scale)).add<tf.Tensor4D>(offset);
      return [activation ? tf.relu(y) : y, centred, rate] as [tf.Tensor4D, tf.Tensor, tf.Tensor];
    });
    return { y, saved: activation ? [scale, centred, rate, y] : [scale, centred, rate] };
  },

  groupNormGradients(dy, [scale, centred, rate, y], { groups, share }) {
    const d = y ? share(tf.tidy(() => dy.mul<tf.Tensor4D>(tf.step(y)))) : dy;
    const mean = (sums: tf.Tensor) => groupMean(sums, { groups, like: dy });
    return {
      // With z = centred · rate: dx = rate · (dz − mean(dz) − z · mean(dz · z)), dz = d · scale.
      x() {
        const meanDz = mean(sumPixels(d).mul(scale!));
        const meanDzCentred = mean(sumPixels(d.mul(centred!)).mul(scale!));
        return d.mul(rate!.mul(scale!)).sub(centred!.mul(meanDzCentred.mul(rate!.pow(3))).add(meanDz.mul(rate!)));
      },
      scale: () => sumPixels(d.mul(centred!)).mul(rate!).sum([0, 1, 2]),
      offset: () => sumPixels(d).sum([0, 1, 2]),
    };
  },
};

/** Mean over pixels and a group's channels of what is given as a sum over pixels, repeated for its channels. */
function groupMean(sums: tf.Tensor, { groups, like }: { groups: number; like: tf.Tensor4D }): tf.Tensor4D {
  const [batch, height, width, channels] = like.shape;
  return sums.reshape([batch, groups, channels / groups]).mean(2, true).div(height * width)
    .tile([1, 1, channels / groups]).reshape([batch, 1, 1, channels]);
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
