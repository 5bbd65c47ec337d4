import { cropImage } from "../data/crop.ts";
import type { RgbImage } from "../data/image.ts";
import * as tf from "../tensor/tf.ts";
import { camLogits, type CamNetwork } from "./network.ts";

/**
 * Computes the class logits of an image. It lies in the top left corner of a square such as the classifier is trained
 * on, which cuts off what is larger, as the released code's validation does.
 *
 * @param network Backbone and parameters; folded parameters are faster.
 * @param image The image.
 * @param options `side`: side of the square, pixels.
 * @returns A logit for each class.
 */
export async function classifyImage(
  network: CamNetwork,
  image: RgbImage,
  { side }: { side: number },
): Promise<number[]> {
  const { preprocess } = network.backbone;
  const pixels = cropImage(image, { height: side, width: side, preprocess }); // [side, side, 3]
  const logits = tf.tidy(() => camLogits(network, tf.tensor4d(pixels, [1, side, side, 3]))); // [1, classes]
  const values = Array.from(await logits.data());
  logits.dispose();
  return values;
}
