import type { RgbImage } from "../data/image.ts";
import type { CrfSettings } from "./crf_settings.ts";
import * as wasm from "./dense_crf.wasm";

/** Unary energies of one CRF: a label for each pixel, or the energies [classes, H, W] themselves. */
export type Unary = { readonly labels: Uint8Array } | { readonly energies: Float32Array };

/** What the CRFs of an image come to. */
export interface MeanField {
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
export function meanField(
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
        `Expected larger deviations for the image but found ${position} pixels, ${colour} grey levels`,
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
