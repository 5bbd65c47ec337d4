import { type CrfSettings, refineLabels } from "../crf/mod.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";

/** CAMs of the classes of an image. */
export interface ConfidentLabelCams {
  /** Class indices, 0-based, ascending. */
  readonly keys: Int32Array;
  /** Maps [K, H, W] at the size of the image, each divided by its maximum. */
  readonly highRes: Float32Array;
}

/** Settings of {@linkcode confidentLabels}, as `config.relation`. */
export interface ConfidentLabelOptions {
  /** Score above which a pixel is confidently foreground. */
  readonly foreground: number;
  /** Score below which it is confidently background. */
  readonly background: number;
  /** Of the CRF that both decisions pass through. */
  readonly crf: CrfSettings;
}

/**
 * Finds the confident areas of foreground and background, from which affinities are learned
 * (paper: Inter-pixel Relation Mining from CAMs).
 *
 * CAMs are labelled once with a high and once with a low background score, and a dense CRF refines both. What the first
 * calls foreground has its class; what both call background is background; all else is uncertain.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | the original image |
 * | `keys` | [K] | i32 | class indices, 0-based |
 * | `highRes` | [K, H, W] | f32 | their maps in [0, 1] |
 * | returns | [H, W] | u8 | 0 background, class index + 1, 255 uncertain; all 0 for an image without classes |
 *
 * @throws RangeError if the maps do not fit the image
 * @example
 * ```ts
 * import { CRF_DEFAULTS } from "../crf/mod.ts";
 * import { confidentLabels } from "./confident_labels.ts";
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const cams = { keys: Int32Array.of(7), highRes: Float32Array.of(1, 0) };
 * confidentLabels(image, cams, { foreground: 0.3, background: 0.05, crf: CRF_DEFAULTS });
 * ```
 */
export function confidentLabels(
  image: RgbImage,
  { keys, highRes }: ConfidentLabelCams,
  { foreground, background, crf }: ConfidentLabelOptions,
): LabelMap {
  const { width, height } = image;
  const pixels = width * height;
  if (highRes.length !== keys.length * pixels) {
    throw new RangeError(
      `Expected maps of ${keys.length}×${height}×${width} for the image but found ${highRes.length} values`,
    );
  }
  const data = new Uint8Array(pixels);
  if (keys.length === 0) return { width, height, data };

  const best = strongest(highRes, keys.length, pixels);
  const maps = [labelAbove(best, foreground), labelAbove(best, background)];
  const [sure, possible] = refineLabels(image, maps, { ...crf, classes: keys.length + 1 }) as [Uint8Array, Uint8Array];
  const ids = Uint8Array.of(255, ...keys.map((key) => key + 1));
  for (let i = 0; i < pixels; i++) data[i] = sure[i] === 0 && possible[i] === 0 ? 0 : ids[sure[i]!]!;
  return { width, height, data };
}

interface Strongest {
  readonly score: Float32Array;
  readonly label: Uint8Array;
}

/** The highest score of each pixel and its label from 1; the first of equals. */
function strongest(maps: Float32Array, count: number, pixels: number): Strongest {
  const score = maps.slice(0, pixels);
  const label = new Uint8Array(pixels).fill(1);
  for (let k = 1; k < count; k++) {
    const map = maps.subarray(k * pixels, (k + 1) * pixels);
    for (let i = 0; i < pixels; i++) {
      if (map[i]! > score[i]!) {
        score[i] = map[i]!;
        label[i] = k + 1;
      }
    }
  }
  return { score, label };
}

/** Labels where the score exceeds the threshold, which has the precision of the maps. */
function labelAbove({ score, label }: Strongest, threshold: number): Uint8Array {
  const limit = Math.fround(threshold);
  return label.map((value, i) => score[i]! > limit ? value : 0);
}
