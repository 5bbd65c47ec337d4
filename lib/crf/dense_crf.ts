import type { RgbImage } from "../data/image.ts";
import * as wasm from "./dense_crf.wasm";

/** Parameters of the dense CRF. */
export interface CrfSettings {
  /** Mean-field iterations. */
  readonly iterations: number;
  /** Probability of the given label of a pixel, in (0, 1); the other labels share the rest. */
  readonly confidence: number;
  /** Smoothness term: standard deviation in pixels, and weight. Weight 0 leaves the term out. */
  readonly gaussian: { readonly position: number; readonly weight: number };
  /** Appearance term: standard deviations in pixels and in grey levels of 255, and weight. Weight 0 leaves it out. */
  readonly bilateral: { readonly position: number; readonly colour: number; readonly weight: number };
}

/** Parameters of the released code. */
export const CRF_DEFAULTS: CrfSettings = {
  iterations: 10,
  confidence: 0.7,
  gaussian: { position: 3, weight: 3 },
  bilateral: { position: 50, colour: 5, weight: 10 },
};

/** Options of {@linkcode denseCrf}: an image with either labels or unary energies, and changed settings. */
export type DenseCrfOptions =
  & Partial<CrfSettings>
  & { readonly image: RgbImage; readonly classes: number }
  & ({ readonly labels: Uint8Array } | { readonly unary: Float32Array });

/**
 * Infers the marginals of a fully connected CRF with Gaussian edge potentials on an image by mean field, as it refines
 * the confident areas of CAMs (paper: Inter-pixel Relation Mining from CAMs).
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | the original image |
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
 * import { denseCrf } from "./dense_crf.ts";
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const marginals = denseCrf({ image, labels: Uint8Array.of(0, 1), classes: 2, iterations: 5 }); // [2, 1, 2]
 * ```
 */
export function denseCrf(options: DenseCrfOptions): Float32Array {
  const { image, classes, ...settings } = options;
  const unary = "labels" in options ? { labels: options.labels } : { energies: options.unary };
  return meanField(image, [unary], { ...CRF_DEFAULTS, ...settings, classes }).marginals(0);
}

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
 * import { CRF_DEFAULTS, refineLabels } from "./dense_crf.ts";
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const maps = [Uint8Array.of(0, 1), Uint8Array.of(1, 1)];
 * const [foreground, background] = refineLabels(image, maps, { ...CRF_DEFAULTS, classes: 2 });
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

/**
 * Picks the likeliest label of every pixel; ties go to the lower label.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `marginals` | [n, H, W] | f32 | of {@linkcode denseCrf} |
 * | `classes` | | | number n of labels |
 * | returns | [H, W] | u8 | 0 … n−1 |
 *
 * @throws RangeError if the marginals are not of so many labels
 * @example
 * ```ts
 * import { argmaxLabels } from "./dense_crf.ts";
 * argmaxLabels(Float32Array.of(0.9, 0.2, 0.1, 0.8), 2); // 0 1
 * ```
 */
export function argmaxLabels(marginals: Float32Array, classes: number): Uint8Array {
  const pixels = marginals.length / classes;
  if (!Number.isInteger(pixels)) {
    throw new RangeError(`Expected marginals of ${classes} labels but found ${marginals.length} values`);
  }
  const best = marginals.slice(0, pixels);
  const labels = new Uint8Array(pixels);
  for (let label = 1; label < classes; label++) {
    for (let i = 0; i < pixels; i++) {
      const value = marginals[label * pixels + i]!;
      if (value > best[i]!) {
        best[i] = value;
        labels[i] = label;
      }
    }
  }
  return labels;
}

/** Unary energies of one CRF: a label for each pixel, or the energies [classes, H, W] themselves. */
type Unary = { readonly labels: Uint8Array } | { readonly energies: Float32Array };

/** Solutions of the CRFs of an image. */
interface MeanField {
  /** Marginals [classes, H, W] of a CRF. */
  marginals(problem: number): Float32Array;
  /** Likeliest labels [H, W] of a CRF; ties go to the lower label. */
  labels(problem: number): Uint8Array;
}

/** Pixels of one call into wasm: short calls let the engine swap quickly compiled code for optimised code early. */
const CHUNK = 4096;

/**
 * Solves several CRFs on one image side by side: they share its lattices, and while they need at most four label
 * differences together the second costs next to nothing. Results must be read before the next call: memory is reused.
 */
function meanField(
  image: RgbImage,
  unaries: readonly Unary[],
  settings: CrfSettings & { readonly classes: number },
): MeanField {
  check(image, unaries, settings);
  try {
    const pixels = image.width * image.height;
    const padded = buildLattices(image, settings);
    const start = wasm.beginInference(settings.classes, unaries.length) >>> 0;
    const size = padded * settings.classes;
    const rowsOf = (problem: number) => new Float32Array(wasm.memory.buffer, start + 4 * size * problem, size);
    unaries.forEach((unary, problem) => fillUnary(rowsOf(problem), unary, settings, pixels, padded));
    iterate(padded, settings.iterations);
    return {
      marginals(problem) {
        const all = rowsOf(problem);
        const result = new Float32Array(settings.classes * pixels);
        for (let l = 0; l < settings.classes; l++) {
          result.set(all.subarray(l * padded, l * padded + pixels), l * pixels);
        }
        return result;
      },
      labels(problem) {
        const at = (wasm.winnersStart() >>> 0) + padded * problem;
        return new Uint8Array(wasm.memory.buffer, at, pixels).slice();
      },
    };
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    const size = `${image.width}×${image.height} pixels and ${settings.classes} classes`;
    throw new RangeError(`Expected a CRF of ${size} to fit into 4 GiB but found no memory left`, { cause: error });
  }
}

/** Builds the lattices of the terms that have weight; returns the number of pixels, padded to a multiple of four. */
function buildLattices(image: RgbImage, { gaussian, bilateral }: CrfSettings): number {
  const terms = [
    { dimensions: 2, position: gaussian.position, colour: 1, weight: gaussian.weight },
    { dimensions: 5, ...bilateral },
  ].filter(({ weight }) => weight > 0);
  const corners = terms.reduce((sum, { dimensions }) => sum + dimensions + 1, 0);
  const at = wasm.open(image.width, image.height, corners) >>> 0;
  new Uint8Array(wasm.memory.buffer).set(image.data, at);
  const padded = wasm.paddedPixels();
  for (const { dimensions, position, colour, weight } of terms) {
    if (!wasm.beginTerm(dimensions, position, colour)) {
      throw new RangeError(
        `Expected larger standard deviations for the image but found ${position} pixels, ${colour} grey levels`,
      );
    }
    for (let p = 0; p < padded; p += CHUNK) wasm.locate(p, Math.min(p + CHUNK, padded));
    wasm.endTerm(weight);
  }
  return padded;
}

/** Writes U(0) − U(l) into rows l > 0. */
function fillUnary(
  rows: Float32Array,
  unary: Unary,
  { classes, confidence }: { classes: number; confidence: number },
  pixels: number,
  padded: number,
): void {
  // Energies are rounded to f32 first, as the reference holds them.
  const gain = Math.fround(-Math.log((1 - confidence) / (classes - 1))) - Math.fround(-Math.log(confidence));
  for (let label = 1; label < classes; label++) {
    const row = rows.subarray(label * padded, (label + 1) * padded);
    row.fill(0, pixels);
    if ("energies" in unary) {
      const { energies } = unary;
      for (let i = 0; i < pixels; i++) row[i] = energies[i]! - energies[label * pixels + i]!;
    } else {
      const { labels } = unary;
      for (let i = 0; i < pixels; i++) row[i] = labels[i] === label ? gain : labels[i] === 0 ? -gain : 0;
    }
  }
}

/** Runs the iterations; each blurs what the update before it splatted. */
function iterate(padded: number, iterations: number): void {
  for (let i = 0; i <= iterations; i++) {
    if (i > 0) {
      wasm.blur();
      wasm.clear();
    }
    for (let p = 0; p < padded; p += CHUNK) {
      wasm.update(p, Math.min(p + CHUNK, padded), Number(i === 0), Number(i === iterations));
    }
  }
}

function check(
  { width, height, data }: RgbImage,
  unaries: readonly Unary[],
  { classes, iterations, confidence, gaussian, bilateral }: CrfSettings & { classes: number },
): void {
  const pixels = width * height;
  if (pixels === 0 || data.length !== 3 * pixels) {
    throw new RangeError(`Expected an RGB image of ${width}×${height} pixels but found ${data.length} bytes`);
  }
  if (!Number.isInteger(classes) || classes < 2) {
    throw new RangeError(`Expected at least 2 classes for a CRF but found ${classes}`);
  }
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(`Expected a number of iterations but found ${iterations}`);
  }
  for (const [name, value] of Object.entries({ gaussian, bilateral }).flatMap(flatten)) {
    const least = name.endsWith("weight") ? value >= 0 : value > 0;
    if (!least || !Number.isFinite(value)) throw new RangeError(`Expected a positive ${name} but found ${value}`);
  }
  for (const unary of unaries) {
    if ("energies" in unary) {
      if (unary.energies.length === classes * pixels) continue;
      throw new RangeError(
        `Expected energies of ${classes}×${height}×${width} but found ${unary.energies.length} values`,
      );
    }
    if (unary.labels.length !== pixels) {
      throw new RangeError(`Expected ${height}×${width} labels but found ${unary.labels.length}`);
    }
    if (!(confidence > 0 && confidence < 1)) {
      throw new RangeError(`Expected a confidence between 0 and 1 but found ${confidence}`);
    }
    const outside = unary.labels.findIndex((label) => label >= classes);
    if (outside >= 0) {
      throw new RangeError(`Expected labels below ${classes} but found ${unary.labels[outside]} at pixel ${outside}`);
    }
  }
}

function flatten([term, values]: [string, Record<string, number>]): [string, number][] {
  return Object.entries(values).map(([key, value]) => [`${term}.${key}`, value]);
}
