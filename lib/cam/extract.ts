import * as tf from "../tensor/tf.ts";
import { flipImage, type RgbImage } from "../data/image.ts";
import { normalise } from "../data/crop.ts";
import { resizeImage, scaledSize } from "../data/resize.ts";
import type { ClassMaps, ScaledCams } from "./cam_archive.ts";
import { camMaps, type CamNetwork } from "./network.ts";

/**
 * Extracts the class attention maps of an image's classes at several scales (paper: Class Attention Maps): at every
 * scale those of the image plus, mirrored back, those of its mirror image.
 *
 * @param network Backbone and parameters; folded parameters are faster.
 * @param image The image.
 * @param options `labels`: 0-based classes that are in the image; `scales`: factors on its size.
 * @returns Maps [K, ⌈h/stride⌉, ⌈w/stride⌉] of every scale, K the number of labels, in ascending order.
 */
export async function extractCam(
  network: CamNetwork,
  image: RgbImage,
  { labels, scales }: { labels: readonly number[]; scales: readonly number[] },
): Promise<ScaledCams> {
  const keys = Int32Array.from(labels).sort();
  const maps: ClassMaps[] = [];
  for (const scale of scales) {
    const scaled = resizeImage(image, scaledSize(image, scale));
    maps.push(await mirroredSum(network, scaled, keys));
  }
  return { keys, size: [image.height, image.width], scales: Float32Array.from(scales), maps };
}

async function mirroredSum(network: CamNetwork, image: RgbImage, keys: Int32Array): Promise<ClassMaps> {
  const { preprocess, stride } = network.backbone;
  const { height, width } = image;
  if (keys.length === 0) {
    return { data: new Float32Array(0), height: Math.ceil(height / stride), width: Math.ceil(width / stride) };
  }
  const pair = new Float32Array(2 * height * width * 3);
  pair.set(normalise(image, preprocess));
  pair.set(normalise(flipImage(image), preprocess), height * width * 3);
  const sum = tf.tidy(() => {
    const maps = camMaps(network, tf.tensor4d(pair, [2, height, width, 3]), { classes: [...keys] }); // [2, h, w, K]
    const [first, second] = tf.unstack(maps) as [tf.Tensor3D, tf.Tensor3D];
    return first.add<tf.Tensor3D>(second.reverse(1)).transpose<tf.Tensor3D>([2, 0, 1]); //              [K, h, w]
  });
  const data = await sum.data() as Float32Array;
  sum.dispose();
  return { data, height: sum.shape[1], width: sum.shape[2] };
}
