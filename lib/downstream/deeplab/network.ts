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
 * The parameters of the pyramid: one 3×3 convolution with bias a rate, straight to the classes.
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

/** Factor on the deviation of the pyramid's filters at the start; the released model draws them with 0.01. */
export function pyramidGain(backbone: Pick<Backbone, "channels">): (name: string) => number {
  return (name) => name.startsWith("aspp.") ? 0.01 / Math.sqrt(2 / (9 * backbone.channels)) : 1;
}

/**
 * Class scores at the stride of the features: the sum of all rates.
 *
 * @param params Those of {@linkcode pyramidParameters}.
 * @param features [B, h, w, C].
 * @returns Logits, [B, h, w, labels].
 */
export function pyramid(params: Params, features: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() =>
    PYRAMID_RATES.map((rate, i) =>
      dilated(features, rate, (part) =>
        conv2d(part, params[`aspp.${i}.weight`] as tf.Tensor4D, {
          padding: 1,
          bias: params[`aspp.${i}.bias`] as tf.Tensor1D,
        }))
    ).reduce((sum, logits) => sum.add(logits))
  );
}
