/**
 * Normalising, and crops of images and label maps. A crop is a canvas, and the pixel of the image that lands in its
 * top left corner: a negative one pushes the image inwards. What the image does not cover is filled.
 * @module
 */
import type { LabelMap, RgbImage } from "./image.ts";
import type { Random } from "./random.ts";

/** Normalisation of pixels of 0 to 255: (v − mean) / standard deviation. */
export interface Preprocess {
  /** Of red, green, blue. */
  readonly mean: readonly [number, number, number];
  /** Of red, green, blue. */
  readonly standardDeviation: readonly [number, number, number];
}

/** Convention of torchvision's networks: (v / 255 − mean) / standard deviation. */
export const IMAGENET: Preprocess = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  standardDeviation: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** Convention of EfficientNet-Lite: (v − 127) / 128. */
export const EFFICIENTNET_LITE: Preprocess = { mean: [127, 127, 127], standardDeviation: [128, 128, 128] };

/**
 * Normalises an image as a network wants it: (v − mean) / standard deviation, worked out in double precision.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [H, W, 3] | f32 | |
 */
export function normalise(image: RgbImage, preprocess: Preprocess): Float32Array {
  const out = new Float32Array(image.data.length);
  const [red, green, blue] = normalisedLevels(preprocess);
  for (let i = 0; i < out.length; i += 3) {
    out[i] = red[image.data[i]!]!;
    out[i + 1] = green[image.data[i + 1]!]!;
    out[i + 2] = blue[image.data[i + 2]!]!;
  }
  return out;
}

/** Works out the normalised value of each of the 256 levels of red, green and blue. */
function normalisedLevels({ mean, standardDeviation }: Preprocess): [Float32Array, Float32Array, Float32Array] {
  const levels = (c: 0 | 1 | 2) => Float32Array.from({ length: 256 }, (_, v) => (v - mean[c]) / standardDeviation[c]);
  return [levels(0), levels(1), levels(2)];
}

/** Canvas and where an image lies on it. */
export interface Crop {
  /** Rows of the canvas, pixels. */
  readonly height: number;
  /** Columns of the canvas, pixels. */
  readonly width: number;
  /** Row of the image at the top of the canvas; negative: rows left empty above. Default 0. */
  readonly top?: number;
  /** Column of the image at the left of the canvas; negative: columns left empty before. Default 0. */
  readonly left?: number;
  /** True where the image is mirrored left to right before it is cropped. Default false. */
  readonly flip?: boolean;
}

/**
 * Normalises an image, mirrors it where asked and crops it, in one pass. Empty parts are 0 in normalised units,
 * the mean colour.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [height, width, 3] | f32 | normalised |
 *
 * @example
 * ```ts
 * import { cropImage } from "./crop.ts";
 * import { IMAGENET } from "./crop.ts";
 * const image = { width: 1, height: 1, data: Uint8Array.of(255, 0, 0) };
 * cropImage(image, { height: 512, width: 512, preprocess: IMAGENET }); // top left, zeros right and below
 * ```
 */
export function cropImage(
  image: RgbImage,
  { height, width, top = 0, left = 0, flip = false, preprocess }: Crop & { readonly preprocess: Preprocess },
): Float32Array {
  const out = new Float32Array(height * width * 3);
  const [red, green, blue] = normalisedLevels(preprocess);
  const { firstRow, endRow, firstColumn, endColumn } = overlap(image, { height, width, top, left });
  const step = flip ? -3 : 3;
  for (let y = firstRow; y < endRow; y++) {
    const column = flip ? image.width - 1 - (firstColumn + left) : firstColumn + left;
    let from = ((y + top) * image.width + column) * 3;
    const end = (y * width + endColumn) * 3;
    for (let to = (y * width + firstColumn) * 3; to < end; to += 3, from += step) {
      out[to] = red[image.data[from]!]!;
      out[to + 1] = green[image.data[from + 1]!]!;
      out[to + 2] = blue[image.data[from + 2]!]!;
    }
  }
  return out;
}

/**
 * Mirrors a label map where asked and crops it. Empty parts are 255, void, unless `fill` says otherwise.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `label` | [H, W] | u8 | |
 * | returns | [height, width] | u8 | |
 */
export function cropLabel(
  label: LabelMap,
  { height, width, top = 0, left = 0, flip = false, fill = 255 }: Crop & { readonly fill?: number },
): Uint8Array {
  const out = new Uint8Array(height * width).fill(fill);
  const { firstRow, endRow, firstColumn, endColumn } = overlap(label, { height, width, top, left });
  for (let y = firstRow; y < endRow; y++) {
    for (let x = firstColumn; x < endColumn; x++) {
      const column = flip ? label.width - 1 - (x + left) : x + left;
      out[y * width + x] = label.data[(y + top) * label.width + column]!;
    }
  }
  return out;
}

/**
 * Draws a square crop as the released code does: along an axis where the image is larger, an offset into it; where
 * it is smaller, an offset into the canvas; both uniform. Columns are drawn first, then rows.
 *
 * @param image Width and height, pixels.
 * @param options `size`: side of the canvas, pixels; `draw`: source of random numbers.
 */
export function drawCrop(
  image: { readonly width: number; readonly height: number },
  { size, draw }: { readonly size: number; readonly draw: Random },
): Required<Omit<Crop, "flip">> {
  const offset = (extent: number) => {
    const space = extent - size;
    return Math.sign(space) * Math.floor(draw() * (Math.abs(space) + 1)) || 0; // no negative zero
  };
  const left = offset(image.width), top = offset(image.height);
  return { height: size, width: size, top, left };
}

/** The part of the canvas that the image covers. */
function overlap(
  image: { width: number; height: number },
  { height, width, top, left }: { height: number; width: number; top: number; left: number },
) {
  return {
    firstRow: Math.max(0, -top),
    endRow: Math.min(height, image.height - top),
    firstColumn: Math.max(0, -left),
    endColumn: Math.min(width, image.width - left),
  };
}
