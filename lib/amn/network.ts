import { labelledCrossEntropy, pyramid, pyramidParameters } from "../downstream/deeplab/network.ts";
import type { Backbone } from "../nn/backbone.ts";
import * as tf from "../tensor/tf.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";

/** AMN, trained or not. */
export interface Amn {
  /** The network below. */
  readonly backbone: Backbone;
  /** Its parameters and those of {@linkcode amnParameters}. */
  readonly params: Params;
}

/**
 * Lists the parameters above the backbone: the linear layer from names to factors on the channels, and DeepLab's pyramid
 * to the classes with the background.
 *
 * @param backbone Gives the features.
 * @param classes Number of classes without the background.
 */
export function amnParameters({ channels }: Pick<Backbone, "channels">, classes: number): ParameterSpec[] {
  return [
    { name: "gate.weight", shape: [channels, classes, 1, 1], role: "filter" },
    { name: "gate.bias", shape: [channels], role: "bias" },
    ...pyramidParameters({ channels }, classes + 1),
  ];
}

/**
 * Computes the logits of features: these times the image's factors, through the pyramid.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `features` | [B, h, w, D] | f32 | |
 * | `present` | [B, C] | f32 | 1 where a class is in the image, else 0 |
 * | `keep` | [B, h, w, D] | f32 | what dropout multiplies by; absent: no dropout |
 * | returns | [B, h, w, C + 1] | f32 | logits, those of the background first |
 */
export function amnHead(
  params: Params,
  features: tf.Tensor4D,
  { present, keep }: { readonly present: tf.Tensor2D; readonly keep?: tf.Tensor4D },
): tf.Tensor4D {
  return tf.tidy(() => {
    const [channels, classes] = [features.shape[3], present.shape[1]];
    const weights = params["gate.weight"]!.reshape<tf.Tensor2D>([classes, channels]);
    const factors = tf.matMul(present, weights).add(params["gate.bias"]!); //               [B, D]
    const gated = features.mul<tf.Tensor4D>(factors.reshape([-1, 1, 1, channels])); //      [B, h, w, D]
    return pyramid(params, keep ? gated.mul<tf.Tensor4D>(keep) : gated); //                 [B, h, w, C + 1]
  });
}

/** Pixels of a whole batch by what their label says. */
export interface LabelledPixels {
  /** Confident background. */
  readonly background: number;
  /** Confidently of a class. */
  readonly foreground: number;
}

/**
 * Works out the balanced, smoothed cross entropy: half the mean over confident background plus half that over confident
 * foreground, against 1 − ε for the label and ε/C for every other class. A mean over no pixel is 0.
 *
 * @param logits [B, h, w, C + 1].
 * @param options `labels`: [B, h, w], 0 background, 1… classes, 255 is left out; `counts`: of the whole batch, of which
 * the images may be a part; `smoothing`: ε.
 * @returns A scalar. Losses of parts of a batch add up to that of the batch.
 * @throws RangeError if the labels do not fit, or one of them is neither a class nor 255.
 */
export function amnLoss(
  logits: tf.Tensor4D,
  { labels, counts, smoothing }: {
    readonly labels: Uint8Array;
    readonly counts: LabelledPixels;
    readonly smoothing: number;
  },
): tf.Scalar {
  const { background, foreground } = counts;
  const weightOf = (label: number) => 0.5 / Math.max(1, label === 0 ? background : foreground);
  return labelledCrossEntropy(logits, { labels, weightOf, smoothing });
}
