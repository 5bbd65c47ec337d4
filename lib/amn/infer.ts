import type { ClassMaps, StoredCams } from "../cam/cam_archive.ts";
import { normalise } from "../data/crop.ts";
import { flipImage, type LabelMap, type RgbImage } from "../data/image.ts";
import { resizeImage, resizeLabel, scaledSize, type Size } from "../data/resize.ts";
import { upsampleBilinear } from "../tensor/layers.ts";
import * as tf from "../tensor/tf.ts";
import { type Amn, amnHead } from "./network.ts";

/** Names and confident labels of an image. */
export interface AmnInference {
  /** 0-based classes that are in the image. */
  readonly labels: readonly number[];
  /** Its confident labels, of its size: 0 background, all else is not. */
  readonly confident: LabelMap;
  /** Factors on the size of the image; logits of all are averaged. */
  readonly scales: readonly number[];
}

/**
 * Makes the class maps of an image, in the form of class attention maps.
 *
 * @param amn Backbone and parameters; folded parameters are faster.
 * @param image The image.
 * @param options Its names and confident labels, and scales.
 * @returns Maps in 0…1 of the image's classes, at stride 4 and at the image's size.
 * @throws RangeError if the confident labels are of another size.
 */
export async function inferAmn(
  amn: Amn,
  image: RgbImage,
  { labels, confident, scales }: AmnInference,
): Promise<StoredCams> {
  const keys = Int32Array.from(labels).sort(), { height, width } = image, { stride } = amn.backbone;
  if (confident.height !== height || confident.width !== width) {
    throw new RangeError(
      `Expected confident labels of ${height}×${width} pixels but found ${confident.height}×${confident.width}`,
    );
  }
  if (keys.length === 0) {
    const empty = (height: number, width: number) => ({ data: new Float32Array(0), height, width });
    return { keys, cam: empty(Math.ceil(height / 4), Math.ceil(width / 4)), highRes: empty(height, width) };
  }
  const classes = amn.params["gate.weight"]!.shape[2]!;
  const present = Float32Array.from({ length: classes }, (_, c) => labels.includes(c) ? 1 : 0);
  const logits = scales.map((scale) => mirroredMean(amn, resizeImage(image, scaledSize(image, scale)), present));
  try {
    return await mapsOfLogits(logits, { keys, confident, stride });
  } finally {
    tf.dispose(logits);
  }
}

/** Mean of the logits of an image and, mirrored back, of its mirror image, [1, h, w, C + 1]. */
function mirroredMean({ backbone, params }: Amn, image: RgbImage, present: Float32Array): tf.Tensor4D {
  const { height, width } = image, pair = new Float32Array(2 * height * width * 3);
  pair.set(normalise(image, backbone.preprocess));
  pair.set(normalise(flipImage(image), backbone.preprocess), height * width * 3);
  return tf.tidy(() => {
    const { features } = backbone.forward(params, tf.tensor4d(pair, [2, height, width, 3]));
    const names = tf.tensor2d([...present, ...present], [2, present.length]);
    const [own, mirror] = tf.split(amnHead(params, features, { present: names }), 2) as [tf.Tensor4D, tf.Tensor4D];
    return own.add<tf.Tensor4D>(mirror.reverse(2)).div<tf.Tensor4D>(2);
  });
}

/**
 * Turns logits of several scales into class maps: resized and averaged, a softmax over all classes with the background,
 * and of each class of the image its range stretched to 0…1, but for pixels that are confident background, where the
 * probability stays.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `logits` | [1, h, w, C + 1] each | f32 | of the scales |
 * | `keys` | [K] | i32 | 0-based classes to make maps of |
 * | `confident` | [H, W] | u8 | 0 background, all else is not |
 * | returns `cam`, `highRes` | [K, ⌈H/4⌉, ⌈W/4⌉], [K, H, W] | f32 | 0…1 |
 */
export async function mapsOfLogits(
  logits: readonly tf.Tensor4D[],
  { keys, confident, stride }: { readonly keys: Int32Array; readonly confident: LabelMap; readonly stride: number },
): Promise<StoredCams> {
  const { height, width } = confident, rows = [...keys].map((key) => key + 1);
  const strided = { height: Math.ceil(height / 4), width: Math.ceil(width / 4) };
  const padded = { height: Math.ceil(height / stride) * stride, width: Math.ceil(width / stride) * stride };
  const made = async (size: Size, crop: Size): Promise<ClassMaps> => {
    const probabilities = tf.tidy(() => {
      const views = logits.map((view) =>
        upsampleBilinear(view, [size.height, size.width]).slice([0, 0, 0, 0], [1, crop.height, crop.width, -1])
      );
      return tf.gather(tf.softmax(tf.addN(views).div(views.length)), rows, 3).squeeze([0]).transpose([2, 0, 1]);
    });
    const data = await probabilities.data() as Float32Array;
    probabilities.dispose();
    stretch(data, resizeLabel(confident, crop).data);
    return { data, ...crop };
  };
  return { keys, cam: await made(strided, strided), highRes: await made(padded, { height, width }) };
}

/** Stretches the range of every map to 0…1, at all pixels but confident background. */
function stretch(maps: Float32Array, confident: Uint8Array): void {
  const pixels = confident.length;
  for (let start = 0; start < maps.length; start += pixels) {
    let low = Infinity, high = -Infinity;
    for (let i = start; i < start + pixels; i++) {
      if (maps[i]! < low) low = maps[i]!;
      if (maps[i]! > high) high = maps[i]!;
    }
    const range = high - low + 1e-5; // of equal values all become 0
    for (let i = 0; i < pixels; i++) if (confident[i] !== 0) maps[start + i] = (maps[start + i]! - low) / range;
  }
}
