import * as tf from "../tensor/tf.ts";
import { flipImage, type RgbImage } from "../data/image.ts";
import { normalise } from "../data/crop.ts";
import { resizeImage, scaledSize } from "../data/resize.ts";
import type { ClassMaps, ScaledCams } from "./cam_archive.ts";
import { camMaps, type CamNetwork } from "./network.ts";

/**
 * Extracts the class attention maps of an image's classes at several scales (paper: Class Attention Maps): at every
 * scale those of the image plus, mirrored back, those of its mirror image. With `directions` the maps are LPCAM's
 * (CVPR 2023): features of the image plus those of its mirror image, compared with the direction of each class.
 *
 * @param network Backbone and parameters; folded parameters are faster.
 * @param image The image.
 * @param options `labels`: 0-based classes that are in the image; `scales`: factors on its size; `directions`: of every
 * class, [channels] each, from {@linkcode prototypeDirection}.
 * @returns Maps [K, ⌈h/stride⌉, ⌈w/stride⌉] of every scale, K the number of labels, in ascending order.
 */
export async function extractCam(
  network: CamNetwork,
  image: RgbImage,
  { labels, scales, directions }: {
    labels: readonly number[];
    scales: readonly number[];
    directions?: readonly Float32Array[];
  },
): Promise<ScaledCams> {
  const keys = Int32Array.from(labels).sort();
  const maps: ClassMaps[] = [];
  for (const scale of scales) {
    const scaled = resizeImage(image, scaledSize(image, scale));
    maps.push(await mirroredSum(network, scaled, { keys, directions }));
  }
  return { keys, size: [image.height, image.width], scales: Float32Array.from(scales), maps };
}

async function mirroredSum(
  network: CamNetwork,
  image: RgbImage,
  { keys, directions }: { keys: Int32Array; directions: readonly Float32Array[] | undefined },
): Promise<ClassMaps> {
  const { preprocess, stride } = network.backbone;
  const { height, width } = image;
  if (keys.length === 0) {
    return { data: new Float32Array(0), height: Math.ceil(height / stride), width: Math.ceil(width / stride) };
  }
  const pixels = new Float32Array(2 * height * width * 3);
  pixels.set(normalise(image, preprocess));
  pixels.set(normalise(flipImage(image), preprocess), height * width * 3);
  const sum = tf.tidy(() => {
    const pair = tf.tensor4d(pixels, [2, height, width, 3]);
    if (!directions) return addMirrored(camMaps(network, pair, { classes: [...keys] })).transpose([2, 0, 1]);
    const { features } = network.backbone.forward(network.params, pair); // [2, h, w, C]
    const chosen = [...keys].map((key) => directions[key]!);
    return directedMaps(addMirrored(features), chosen); //                  [K, h, w]
  }) as tf.Tensor3D;
  const data = await sum.data() as Float32Array;
  sum.dispose();
  return { data, height: sum.shape[1], width: sum.shape[2] };
}

/** The first of two plus the second, mirrored back: [2, h, w, C] becomes [h, w, C]. */
function addMirrored(pair: tf.Tensor4D): tf.Tensor3D {
  const [first, second] = tf.unstack(pair) as [tf.Tensor3D, tf.Tensor3D];
  return first.add(second.reverse(1));
}

/**
 * Compares features with directions: the product of each, at length 1, with a direction, negative values cut off
 * (LPCAM: Lossless CAM). Features of length 0 give 0.
 *
 * @param features [h, w, channels].
 * @param directions [channels] each.
 * @returns Maps [K, h, w].
 */
export function directedMaps(features: tf.Tensor3D, directions: readonly Float32Array[]): tf.Tensor3D {
  return tf.tidy(() => {
    const [height, width, channels] = features.shape, flat = features.reshape<tf.Tensor2D>([-1, channels]); // [N, C]
    const lengths = tf.maximum(flat.square().sum(1).sqrt(), 1e-12); //                                         [N]
    const wanted = tf.stack(directions.map((direction) => tf.tensor1d(direction))) as tf.Tensor2D; //          [K, C]
    const products = tf.matMul(wanted, flat, false, true); //                                                  [K, N]
    return products.div(lengths).relu().reshape<tf.Tensor3D>([directions.length, height, width]); //           [K, h, w]
  });
}
