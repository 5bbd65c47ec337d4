import { argmaxLabels, type CrfSettings, denseCrf } from "../../crf/mod.ts";
import type { Backbone } from "../../nn/mod.ts";
import { tf, upsampleBilinear } from "../../tensor/mod.ts";
import {
  cropImage,
  type LabelMap,
  resizeImage,
  type RgbImage,
  scaledSize,
  type Size,
  wholeBlocks,
} from "../../data/mod.ts";
import type { Params } from "../../weights/mod.ts";
import { strongestResized } from "../strongest_resized.ts";
import { pyramid } from "./network.ts";

/** Trained DeepLab. */
export interface DeepLab {
  /** The network below. */
  readonly backbone: Backbone;
  /** Parameters of backbone and pyramid. */
  readonly params: Params;
}

/** Options of {@linkcode inferDeepLab}. */
export interface DeepLabInference {
  /** Factors on the size of the image; probabilities of all are averaged. Default: 1. */
  readonly scales?: readonly number[];
  /** True where mirror images are averaged, too. Default: true. */
  readonly flip?: boolean;
  /** A dense CRF on the probabilities; `null`: none. Its `confidence` is not used. */
  readonly crf?: CrfSettings | null;
  /** Size of the labels, where it is not that of the image. */
  readonly size?: Size;
}

/** Least probability that the CRF is told. */
const FLOOR = 1e-8;

/**
 * Infers the semantic labels of an image: the likeliest class of every pixel.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [H, W] | u8 | class ids, 0 background; of `size` where one is given |
 */
export async function inferDeepLab(
  deepLab: DeepLab,
  image: RgbImage,
  { scales = [1], flip = true, crf = null, size = image }: DeepLabInference = {},
): Promise<LabelMap> {
  const { height, width } = image;
  const mean = tf.tidy(() => {
    const views = scales.map((scale) => probabilities(deepLab, image, { scale, flip }));
    return tf.addN(views).div(views.length).transpose([2, 0, 1]); // [labels, H, W]
  });
  const classes = mean.shape[0]!, values = await mean.data() as Float32Array;
  mean.dispose();
  const marginals = crf
    ? denseCrf({ ...crf, image, classes, unary: values.map((p) => -Math.log(Math.max(p, FLOOR))) })
    : values;
  if (size.height === height && size.width === width) return { height, width, data: argmaxLabels(marginals, classes) };
  return strongestResized(marginals, { height, width, cell: [size.height / height, size.width / width], size });
}

/** Class probabilities of one scale, [H, W, labels]. */
function probabilities(
  { backbone, params }: DeepLab,
  image: RgbImage,
  { scale, flip }: { scale: number; flip: boolean },
): tf.Tensor3D {
  return tf.tidy(() => {
    const size = scaledSize(image, scale);
    const canvas = wholeBlocks(size), view = resizeImage(image, size);
    const inputs = [false, ...(flip ? [true] : [])].map((mirrored) => {
      const pixels = cropImage(view, { ...canvas, flip: mirrored, preprocess: backbone.preprocess });
      return tf.tensor4d(pixels, [1, canvas.height, canvas.width, 3]);
    });
    const logits = pyramid(params, backbone.forward(params, tf.concat(inputs)).features);
    const full = upsampleBilinear(logits, [canvas.height, canvas.width])
      .slice([0, 0, 0, 0], [-1, size.height, size.width, -1]) as tf.Tensor4D;
    const [own, mirror] = tf.split(full, inputs.length) as [tf.Tensor4D, tf.Tensor4D?];
    const both = mirror ? own.add<tf.Tensor4D>(mirror.reverse(2)).div<tf.Tensor4D>(2) : own;
    return tf.softmax(upsampleBilinear(both, [image.height, image.width])).squeeze<tf.Tensor3D>([0]);
  });
}
