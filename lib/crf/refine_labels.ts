import type { RgbImage } from "../data/image.ts";
import { meanField } from "./_mean_field.ts";
import type { CrfSettings } from "./crf_settings.ts";

/**
 * Refines label maps of one image, each by a dense CRF of its own, and returns the likeliest labels; ties go to the
 * lower label. The maps share the image's lattices and are solved side by side, so several cost little more than one.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `maps` | each [H, W] | u8 | labels 0 … `classes` − 1 |
 * | returns | each [H, W] | u8 | the same, refined |
 *
 * @throws RangeError if sizes do not agree, a label is out of range, a setting makes no sense, or memory runs out
 * @example
 * ```ts
 * const [foreground, background] = refineLabels(image, [above, below], { ...CRF_DEFAULTS, classes: 2 });
 * ```
 */
export function refineLabels(
  image: RgbImage,
  maps: readonly Uint8Array[],
  settings: CrfSettings & { readonly classes: number },
): Uint8Array[] {
  const solved = meanField(image, maps.map((labels) => ({ labels })), settings);
  return maps.map((_, problem) => solved.labels(problem));
}
