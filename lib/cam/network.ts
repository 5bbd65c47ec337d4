import * as tf from "../tensor/tf.ts";
import { conv2d } from "../tensor/mod.ts";
import type { Backbone } from "../nn/backbone.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";

/** A classifier that gives class activation maps: a backbone, and parameters that include `classifier.weight`. */
export interface CamNetwork {
  /** The network. */
  readonly backbone: Backbone;
  /** Its parameters and the classifier's. */
  readonly params: Params;
}

/** The classifier on top of a backbone: a 1×1 convolution without bias (paper: Class Attention Maps). */
export function classifierParameters({ channels }: Backbone, classes: number): ParameterSpec[] {
  return [{ name: "classifier.weight", shape: [classes, channels, 1, 1], role: "filter" }];
}

/**
 * Class logits of images: the classifier on the mean over all features (paper: Class Attention Maps).
 *
 * @param network Backbone and parameters.
 * @param image Preprocessed images, [B, H, W, 3].
 * @param options `detach`: treat the layers that CAM training leaves alone as constants.
 * @returns Logits, [B, classes].
 */
export function camLogits(
  { backbone, params }: CamNetwork,
  image: tf.Tensor4D,
  { detach = false }: { detach?: boolean } = {},
): tf.Tensor2D {
  return tf.tidy(() => {
    const { features } = backbone.forward(params, image, { detach }); // [B, h, w, C]
    const pooled = features.mean<tf.Tensor2D>([1, 2]); //               [B, C]
    const [channels, classes] = params["classifier.weight"]!.shape.slice(2) as [number, number];
    const weights = params["classifier.weight"]!.reshape<tf.Tensor2D>([channels, classes]);
    return tf.matMul(pooled, weights) as tf.Tensor2D; // [B, classes]
  });
}

/**
 * Class activation maps of images: the classifier at every feature, negative values cut off (paper: Class Attention
 * Maps). They are neither normalised nor summed over mirrored copies.
 *
 * @param network Backbone and parameters.
 * @param image Preprocessed images, [B, H, W, 3].
 * @param options `classes`: 0-based indices of the classes to compute, in this order; all where absent.
 * @returns Maps, [B, H/stride, W/stride, classes].
 */
export function camMaps(
  { backbone, params }: CamNetwork,
  image: tf.Tensor4D,
  { classes }: { classes?: readonly number[] } = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const { features } = backbone.forward(params, image); // [B, h, w, C]
    const all = params["classifier.weight"] as tf.Tensor4D;
    const filter = classes ? tf.gather(all, [...classes], 3) : all; // [1, 1, C, K]
    return conv2d(features, filter, { activation: "relu" }); //        [B, h, w, K]
  });
}
