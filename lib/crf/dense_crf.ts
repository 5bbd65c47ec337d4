import type { RgbImage } from "../data/image.ts";
import { meanField } from "./_mean_field.ts";
import { CRF_DEFAULTS, type CrfSettings } from "./crf_settings.ts";

/** What {@linkcode denseCrf} works on: an image with either labels or unary energies, and changed settings. */
export type DenseCrfOptions =
  & Partial<CrfSettings>
  & { readonly image: RgbImage; readonly classes: number }
  & ({ readonly labels: Uint8Array } | { readonly unary: Float32Array });

/**
 * Mean-field inference of a fully connected CRF with Gaussian edge potentials on an image, as it refines the confident
 * areas of CAMs (paper: Inter-pixel Relation Mining from CAMs).
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | the original picture |
 * | `classes` | | | number n of labels, at least 2 |
 * | `labels` | [H, W] | u8 | 0 … n−1; believed with `confidence` |
 * | `unary` | [n, H, W] | f32 | or the energies themselves (negative logarithms of probabilities) |
 * | returns | [n, H, W] | f32 | marginals Q, which sum to 1 at every pixel |
 *
 * Both pairwise terms are Potts models, filtered on permutohedral lattices with symmetric normalisation. Marginals
 * equal those of the widely used C++ implementation to 1e-4 or better, and so do their argmax labels up to exact ties.
 *
 * @throws RangeError if sizes do not agree, a label is out of range, a setting makes no sense, or memory runs out
 * @example
 * ```ts
 * const marginals = denseCrf({ image, labels, classes: 3, iterations: 5 });
 * ```
 */
export function denseCrf(options: DenseCrfOptions): Float32Array {
  const { image, classes, ...settings } = options;
  const unary = "labels" in options ? { labels: options.labels } : { energies: options.unary };
  return meanField(image, [unary], { ...CRF_DEFAULTS, ...settings, classes }).marginals(0);
}
