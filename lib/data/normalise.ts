import type { RgbImage } from "./image.ts";

/** What a network subtracts from pixels of 0 to 255 and divides by. */
export interface Preprocess {
  /** Of red, green, blue. */
  readonly mean: readonly [number, number, number];
  /** Of red, green, blue. */
  readonly deviation: readonly [number, number, number];
}

/** The convention of torchvision's networks: (v / 255 − mean) / deviation. */
export const IMAGENET: Preprocess = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255],
};

/** The convention of EfficientNet-Lite: (v − 127) / 128. */
export const EFFICIENTNET_LITE: Preprocess = { mean: [127, 127, 127], deviation: [128, 128, 128] };

/**
 * A photograph as a network wants it: (v − mean) / deviation, worked out in double precision.
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

/** The normalised value of each of the 256 levels of red, green and blue. */
export function normalisedLevels({ mean, deviation }: Preprocess): [Float32Array, Float32Array, Float32Array] {
  const levels = (c: 0 | 1 | 2) => Float32Array.from({ length: 256 }, (_, v) => (v - mean[c]) / deviation[c]);
  return [levels(0), levels(1), levels(2)];
}
