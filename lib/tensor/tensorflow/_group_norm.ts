/**
 * Group normalisation by TensorFlow's batch norm, image by image: its single passes replace chains of elementwise
 * operations, and memory of one image's size is reused where that of a whole batch is asked of the system anew.
 */
import type { Kernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { attribute, type Attributes, dataType, execute, executeAll } from "./_execute.ts";

const float = { T: attribute.dataType(dataType.float) };

export const groupNormKernels: Pick<Kernels, "groupNorm" | "groupNormGradients"> = {
  groupNorm(x, { groups, scale, offset, epsilon, activation }) {
    const [y, mean, variance] = tf.tidy(() => {
      const images = splitImages(x);
      const { mean, variance } = groupStatistics(images, { groups, scale, offset });
      const means = tf.unstack(mean), variances = tf.unstack(variance);
      const parts = images.map((image, i) => {
        const part = normalise(image, { scale, offset, mean: means[i]!, variance: variances[i]!, epsilon });
        if (!activation) return part;
        const rectified = execute("Relu", [part], float);
        part.dispose();
        return rectified;
      });
      return [joinImages(parts), mean, variance] as [tf.Tensor4D, tf.Tensor, tf.Tensor];
    });
    return { y, saved: activation ? [x, scale, mean, variance, y] : [x, scale, mean, variance] };
  },

  groupNormGradients(dy, [x, scale, mean, variance, y], { groups, epsilon, share }) {
    const images = splitImages(x as tf.Tensor4D).map(share);
    const means = tf.unstack(mean!).map(share), variances = tf.unstack(variance!).map(share);
    const outputs = y ? splitImages(y as tf.Tensor4D) : null;
    // Of each image: dy · scale · rate, and Σ dy · z and Σ dy over its pixels, [C].
    const parts = splitImages(dy).map((dy, i) => {
      const d = outputs ? execute("ReluGrad", [dy, outputs[i]!], float) : dy;
      const [dz, sumDyZ, sumDy, ...unused] = executeAll(
        "FusedBatchNormGradV3",
        [d, images[i]!, scale!, means[i]!, variances[i]!, scale!],
        { ...batchNormAttributes(epsilon), is_training: attribute.flag(false) },
        5,
      );
      tf.dispose([dy, d, ...unused]);
      return { dz: share(dz as tf.Tensor4D), sumDyZ: share(sumDyZ!), sumDy: share(sumDy!) };
    });
    tf.dispose(outputs ?? []);
    const sumDyZ = share(tf.stack(parts.map(({ sumDyZ }) => sumDyZ)));
    const sumDy = share(tf.stack(parts.map(({ sumDy }) => sumDy)));
    const [, height, width] = dy.shape;

    return {
      // With z the normalised map and means over a group:
      // dx = rate · (dy · scale − mean(dy · scale) − z · mean(dy · scale · z)).
      x() {
        const rate = variance!.add(epsilon).rsqrt();
        const weights = (sums: tf.Tensor) =>
          tf.unstack(groupMean(sums.mul(scale!).div(height * width), groups).mul(rate)) as tf.Tensor1D[];
        const scales = weights(sumDyZ), offsets = weights(sumDy);
        return joinImages(images.map((image, i) => {
          const excess = normalise(image, {
            scale: scales[i]!,
            offset: offsets[i]!,
            mean: means[i]!,
            variance: variances[i]!,
            epsilon,
          });
          const dx = execute("Sub", [parts[i]!.dz, excess], float);
          excess.dispose();
          return dx;
        }));
      },
      scale: () => sumDyZ.sum(0),
      offset: () => sumDy.sum(0),
    };
  },
};

/** Mean and variance of every channel's group, [B, C]. */
function groupStatistics(
  images: readonly tf.Tensor4D[],
  { groups, scale, offset }: { groups: number; scale: tf.Tensor1D; offset: tf.Tensor1D },
): { mean: tf.Tensor; variance: tf.Tensor } {
  const pixels = images[0]!.shape[1] * images[0]!.shape[2];
  const channels = images.map((image) => {
    const [y, mean, variance, ...unused] = executeAll(
      "FusedBatchNormV3",
      [image, scale, offset, [], []],
      { ...batchNormAttributes(1e-5), is_training: attribute.flag(true) },
      6,
    );
    tf.dispose([y!, ...unused]);
    return { mean: mean!, variance: variance! };
  });
  const channelMean = tf.stack(channels.map(({ mean }) => mean));
  // TensorFlow's variance is the unbiased one.
  const channelVariance = tf.stack(channels.map(({ variance }) => variance)).mul((pixels - 1) / pixels);
  const mean = groupMean(channelMean, groups);
  return { mean, variance: groupMean(channelVariance.add(channelMean.sub(mean).square()), groups) };
}

/** Mean over the channels of a group, repeated for them, [B, C]. */
function groupMean(values: tf.Tensor, groups: number): tf.Tensor {
  const [batch, channels] = values.shape as [number, number];
  const size = channels / groups;
  return values.reshape([batch, groups, size]).mean(2, true).tile([1, 1, size]).reshape([batch, channels]);
}

/** (x − mean) / √(variance + epsilon) · scale + offset, all by channel. */
function normalise(
  x: tf.Tensor4D,
  { scale, offset, mean, variance, epsilon }: {
    scale: tf.Tensor1D;
    offset: tf.Tensor1D;
    mean: tf.Tensor;
    variance: tf.Tensor;
    epsilon: number;
  },
): tf.Tensor4D {
  const [y, ...unused] = executeAll(
    "FusedBatchNormV3",
    [x, scale, offset, mean, variance],
    { ...batchNormAttributes(epsilon), is_training: attribute.flag(false) },
    6,
  );
  tf.dispose(unused);
  return y as tf.Tensor4D;
}

function batchNormAttributes(epsilon: number): Attributes {
  return { ...float, U: attribute.dataType(dataType.float), epsilon: attribute.float(epsilon) };
}

/** The images of a batch, [1, H, W, C] each; TensorFlow does not copy them. */
function splitImages(x: tf.Tensor4D): tf.Tensor4D[] {
  const [batch, height, width, channels] = x.shape;
  return Array.from({ length: batch }, (_, i) => x.slice([i, 0, 0, 0], [1, height, width, channels]));
}

function joinImages(images: tf.Tensor4D[]): tf.Tensor4D {
  if (images.length === 1) return images[0]!.clone();
  const joined = tf.concat(images, 0);
  tf.dispose(images);
  return joined;
}
