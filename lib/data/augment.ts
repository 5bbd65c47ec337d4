import { cropImage, cropLabel, drawCrop, type Preprocess } from "./crop.ts";
import type { LabelMap, RgbImage } from "./image.ts";
import type { Random } from "./random.ts";
import { resizeImage, resizeLabel, scaledSize } from "./resize.ts";

/** Options of {@linkcode augmentClassification}. */
export interface ClassificationAugmentation {
  /** Of the network. */
  readonly preprocess: Preprocess;
  /** Side of the crop, pixels. */
  readonly crop: number;
  /** Least and greatest longer side, pixels; the draw is a whole number. */
  readonly resizeLong?: readonly [number, number] | null;
  /** Least and greatest factor, where `resizeLong` is not given. */
  readonly scale?: readonly [number, number] | null;
  /**
   * Greatest distance of the image's middle from the crop's, as a fraction of the crop's side; without it, crops fall
   * anywhere.
   */
  readonly shift?: number | null;
  /** True where half of the images are mirrored. Default true. */
  readonly flip?: boolean;
  /** Strength of the change of brightness, contrast, saturation and tint, 0 to 1. Default 0. */
  readonly colourJitter?: number;
  /** Source of random numbers of this image in this epoch. */
  readonly draw: Random;
}

/**
 * Draws a random view of an image for training a classifier: resized, its colours changed, normalised, mirrored,
 * cropped. Parts of the crop outside the image are 0, the mean colour.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [crop, crop, 3] | f32 | normalised |
 *
 * @example
 * ```ts
 * import { augmentClassification } from "./augment.ts";
 * import { IMAGENET } from "./crop.ts";
 * import { random } from "./random.ts";
 * const image = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * const draw = random(0, 3, 17); // seed, epoch, index
 * augmentClassification(image, { preprocess: IMAGENET, crop: 512, resizeLong: [320, 640], draw });
 * ```
 */
export function augmentClassification(
  image: RgbImage,
  { preprocess, crop, resizeLong, scale, shift, flip = true, colourJitter = 0, draw }: ClassificationAugmentation,
): Float32Array {
  let factor = 1;
  if (resizeLong) {
    const [least, greatest] = resizeLong;
    factor = (least + Math.floor(draw() * (greatest - least + 1))) / Math.max(image.width, image.height);
  } else if (scale) {
    factor = scale[0] + draw() * (scale[1] - scale[0]);
  }
  let view = resizeImage(image, scaledSize(image, factor));
  if (colourJitter > 0) view = jitterColours(view, { strength: colourJitter, draw });
  const flipped = flip && draw() < 0.5;
  const place = shift == null ? drawCrop(view, { size: crop, draw }) : {
    height: crop,
    width: crop,
    left: Math.round((view.width - crop) / 2 + (2 * draw() - 1) * shift * crop),
    top: Math.round((view.height - crop) / 2 + (2 * draw() - 1) * shift * crop),
  };
  return cropImage(view, { ...place, flip: flipped, preprocess });
}

/** Options of {@linkcode augmentLabelled}. */
export interface LabelledAugmentation {
  /** Of the network. */
  readonly preprocess: Preprocess;
  /** Side of the crop, pixels. */
  readonly crop: number;
  /** Least and greatest factor. */
  readonly scale: readonly [number, number];
  /** Source of random numbers of this image in this epoch. */
  readonly draw: Random;
}

/**
 * Draws a random view of an image and of its label map alike: rescaled, normalised, mirrored, cropped. Parts of the
 * crop outside the image are 0 in the image and 255 in the label.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image`, `label` | [H, W, 3], [H, W] | u8 | |
 * | returns `image` | [crop, crop, 3] | f32 | normalised |
 * | returns `label` | [crop, crop] | u8 | |
 *
 * @throws RangeError if image and label map differ in size.
 */
export function augmentLabelled(
  { image, label }: { readonly image: RgbImage; readonly label: LabelMap },
  { preprocess, crop, scale, draw }: LabelledAugmentation,
): { image: Float32Array; label: Uint8Array } {
  if (image.width !== label.width || image.height !== label.height) {
    throw new RangeError(
      `Expected a label map of ${image.width}×${image.height} pixels but found ${label.width}×${label.height}`,
    );
  }
  const size = scaledSize(image, scale[0] + draw() * (scale[1] - scale[0]));
  const flip = draw() < 0.5;
  const place = { ...drawCrop(size, { size: crop, draw }), flip };
  return {
    image: cropImage(resizeImage(image, size), { ...place, preprocess }),
    label: cropLabel(resizeLabel(label, size), place),
  };
}

/**
 * Changes brightness, contrast, saturation and tint (a factor on each channel), each by a factor between
 * 1 − strength and 1 + strength; the tint by half of that.
 *
 * @param image 8-bit values.
 * @param options `strength`: 0 to 1; `draw`: source of random numbers.
 * @returns 8-bit values, rounded and clipped.
 */
export function jitterColours(
  { width, height, data }: RgbImage,
  { strength, draw }: { readonly strength: number; readonly draw: Random },
): RgbImage {
  const factor = (s: number) => 1 + (2 * draw() - 1) * s;
  const brightness = factor(strength), contrast = factor(strength), saturation = factor(strength);
  const tint = [factor(strength / 2), factor(strength / 2), factor(strength / 2)];
  let mean = 0;
  for (let i = 0; i < data.length; i++) mean += data[i]!;
  mean /= data.length;
  const out = new Uint8ClampedArray(data.length); // rounds and clips
  for (let i = 0; i < data.length; i += 3) {
    const grey = 0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!;
    for (let c = 0; c < 3; c++) {
      const value = grey + (data[i + c]! - grey) * saturation;
      out[i + c] = (mean + (value - mean) * contrast) * brightness * tint[c]!;
    }
  }
  return { width, height, data: new Uint8Array(out.buffer) };
}
