import type { Backbone } from "../nn/backbone.ts";
import { conv2d } from "../tensor/mod.ts";
import * as tf from "../tensor/tf.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";
import type { ImportRules } from "../weights/read_weights.ts";

/** Classifier that gives class attention maps: a backbone, and parameters that include `classifier.weight`. */
export interface CamNetwork {
  /** The network. */
  readonly backbone: Backbone;
  /** Its parameters and the classifier's. */
  readonly params: Params;
}

/** Lists the parameters of the classifier on top of a backbone: a 1×1 convolution without bias (paper: Class Attention Maps). */
export function classifierParameters({ channels }: Backbone, classes: number): ParameterSpec[] {
  return [{ name: "classifier.weight", shape: [classes, channels, 1, 1], role: "filter" }];
}

/**
 * Computes the class logits of images: the classifier on the mean over all features (paper: Class Attention Maps).
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
 * Computes the class attention maps of images: the classifier at every feature, negative values cut off (paper: Class
 * Attention Maps). They are neither normalised nor summed over mirrored copies.
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

/**
 * Works out the multi-label soft margin loss: the mean over classes of −[y·log σ(x) + (1 − y)·log σ(−x)], summed over images
 * (paper: Class Attention Maps). Divided by the size of the batch it is the batch's loss, whatever its micro-batches.
 *
 * @param logits Logits, [B, classes].
 * @param labels 1 where a class is in the image, else 0, [B, classes].
 * @returns A scalar.
 */
export function multilabelSoftMargin(logits: tf.Tensor2D, labels: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    // −y·log σ(x) − (1 − y)·log σ(−x) = softplus(x) − y·x
    return logits.softplus().sub(labels.mul(logits)).sum().div<tf.Scalar>(logits.shape[1]);
  });
}

/**
 * Works out the loss of the best answer that is the same for all images: by {@linkcode multilabelSoftMargin}, the mean
 * over the classes of the entropy of their frequencies. It is 0 where every class is in all images or in none.
 *
 * @param labels 0-based classes of every image.
 * @param classes Number of classes.
 * @returns Nats.
 */
export function constantLoss(labels: readonly (readonly number[])[], classes: number): number {
  const counts = new Float64Array(classes);
  for (const those of labels) for (const label of those) counts[label]!++;
  const entropy = (p: number) => p > 0 && p < 1 ? -p * Math.log(p) - (1 - p) * Math.log(1 - p) : 0;
  return counts.reduce((sum, count) => sum + entropy(count / labels.length), 0) / classes;
}

/**
 * Gives the rules by which names in a file of a trained classifier become ours. For ResNet-50, those of the released code's CAM network
 * (`res50_cam.pth`) are known, which keeps every parameter up to three times:
 *
 * | in the file | ours |
 * |---|---|
 * | `resnet50.*` | `*` |
 * | `stage1.0`, `.1`, `.4`, or `backbone.0.0`, … | `conv1`, `bn1`, `layer1` |
 * | `stage2.0` … `stage4.0`, or `backbone.1.0` … `backbone.3.0` | `layer2` … `layer4` |
 * | `classifier`, or `newly_added.0` | `classifier` |
 * | `*.num_batches_tracked`, `fc.*` | left out |
 *
 * @param backbone The backbone.
 * @returns Rules for `importWeights`, which checks that copies are equal.
 */
export function camImportRules({ name, importRules }: Backbone): ImportRules {
  return name === "resnet50" ? { ...importRules, aliases: [...importRules.aliases, ...RELEASED] } : importRules;
}

const RELEASED: ImportRules["aliases"] = [
  [/^(?:stage1|backbone\.0)\.0\./, "conv1."],
  [/^(?:stage1|backbone\.0)\.1\./, "bn1."],
  [/^(?:stage1|backbone\.0)\.4\./, "layer1."],
  [/^(?:stage2|backbone\.1)\.0\./, "layer2."],
  [/^(?:stage3|backbone\.2)\.0\./, "layer3."],
  [/^(?:stage4|backbone\.3)\.0\./, "layer4."],
  [/^newly_added\.0\./, "classifier."],
];
