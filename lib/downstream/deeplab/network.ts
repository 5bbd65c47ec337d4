/**
 * DeepLab-v2 (Chen et al., "DeepLab: Semantic Image Segmentation with Deep Convolutional Nets, Atrous Convolution, and
 * Fully Connected CRFs", 2017) on a backbone of this project.
 * @module
 */
import type { Backbone } from "../../nn/mod.ts";
import { conv2d, dilated, tf } from "../../tensor/mod.ts";
import type { ParameterSpec, Params } from "../../weights/mod.ts";

/** Dilations of the atrous pyramid, in features (section "Multiscale Image Representations using ASPP"). */
export const PYRAMID_RATES: readonly number[] = [6, 12, 18, 24];

/**
 * Lists the parameters of the pyramid: one 3×3 convolution with bias a rate, straight to the classes.
 *
 * @param backbone Gives the features.
 * @param labels Number of classes with the background.
 */
export function pyramidParameters({ channels }: Pick<Backbone, "channels">, labels: number): ParameterSpec[] {
  return PYRAMID_RATES.flatMap((_, i): ParameterSpec[] => [
    { name: `aspp.${i}.weight`, shape: [labels, channels, 3, 3], role: "filter" },
    { name: `aspp.${i}.bias`, shape: [labels], role: "bias" },
  ]);
}

/** Gives the factor on the standard deviation of the pyramid's filters at the start; in the released model it is 0.01. */
export function pyramidGain(backbone: Pick<Backbone, "channels">): (name: string) => number {
  return (name) => name.startsWith("aspp.") ? 0.01 / Math.sqrt(2 / (9 * backbone.channels)) : 1;
}

/**
 * Computes class scores at the stride of the features: the sum of all rates.
 *
 * @param params Those of {@linkcode pyramidParameters}.
 * @param features [B, h, w, C].
 * @returns Logits, [B, h, w, labels].
 */
export function pyramid(params: Params, features: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() =>
    PYRAMID_RATES.map((rate, i) =>
      dilated(
        features,
        rate,
        (part) =>
          conv2d(part, params[`aspp.${i}.weight`] as tf.Tensor4D, {
            padding: 1,
            bias: params[`aspp.${i}.bias`] as tf.Tensor1D,
          }),
      )
    ).reduce((sum, logits) => sum.add(logits))
  );
}

const VOID = 255;

/**
 * Works out the cross entropy of the labelled pixels, divided by the number of labelled pixels of the whole batch.
 *
 * @param logits [B, H, W, labels].
 * @param options `labels`: [B, H, W] class ids, 255 is left out; `count`: labelled pixels of the whole batch, of which
 * the images may be a part.
 * @returns A scalar. Losses of parts of a batch add up to that of the batch.
 * @throws RangeError if the labels do not fit, or one of them is neither a class nor 255.
 */
export function segmentationLoss(
  logits: tf.Tensor4D,
  { labels, count }: { readonly labels: Uint8Array; readonly count: number },
): tf.Scalar {
  const weight = 1 / Math.max(1, count);
  return labelledCrossEntropy(logits, { labels, weightOf: () => weight });
}

/**
 * Works out the weighted sum of the cross entropies of labelled pixels.
 *
 * @param logits [B, H, W, labels].
 * @param options `labels`: [B, H, W] class ids, 255 is left out; `weightOf`: weight of a pixel, by its label;
 * `smoothing`: probability that the target spreads over the other classes, default 0.
 * @returns A scalar. Sums of parts of a batch add up to that of the batch.
 * @throws RangeError if the labels do not fit, or one of them is neither a class nor 255.
 */
export function labelledCrossEntropy(
  logits: tf.Tensor4D,
  { labels, weightOf, smoothing = 0 }: {
    readonly labels: Uint8Array;
    weightOf(label: number): number;
    readonly smoothing?: number;
  },
): tf.Scalar {
  const classes = logits.shape[3], pixels = logits.size / classes;
  if (labels.length !== pixels) throw new RangeError(`Expected ${pixels} labels but found ${labels.length}`);
  const wrong = labels.find((label) => label >= classes && label !== VOID);
  if (wrong !== undefined) {
    throw new RangeError(`Expected labels from 0 to ${classes - 1}, or 255, but found ${wrong}`);
  }
  return tf.tidy(() => {
    const targets = new Float32Array(pixels * classes); // all zero where void
    labels.forEach((label, i) => {
      if (label === VOID) return;
      const weight = weightOf(label);
      if (smoothing > 0) targets.fill(weight * smoothing / (classes - 1), i * classes, (i + 1) * classes);
      targets[i * classes + label] = weight * (1 - smoothing);
    });
    return crossEntropy(logits.reshape([pixels, classes]), tf.tensor2d(targets, [pixels, classes]));
  });
}

/** −Σ target · log softmax, with the gradient softmax · Σ target − target. */
function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const loss = tf.customGrad((x, t, save) => {
    const [scores, wanted, keep] = [x as tf.Tensor2D, t as tf.Tensor2D, save as tf.GradSaveFunc];
    const value = tf.tidy(() => {
      const shifted = scores.sub(scores.max(1, true));
      const logSum = shifted.exp().sum(1, true).log();
      return wanted.mul(logSum.sub(shifted)).sum() as tf.Scalar;
    });
    keep([scores, wanted]);
    return {
      value,
      gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => {
        const [scores, wanted] = saved as [tf.Tensor2D, tf.Tensor2D];
        const gradient = tf.softmax(scores).mul(wanted.sum(1, true)).sub(wanted).mul(dy);
        return [gradient, tf.zerosLike(wanted)];
      },
    };
  });
  return loss(logits, targets) as tf.Scalar;
}
