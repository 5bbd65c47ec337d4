/**
 * The sample data set's control: how far plain colour gets. It sees the ground truth of training, which the method
 * never does, and knows nothing but the colour of a pixel.
 * @module
 */
import type { LabelMap, RgbImage } from "../image.ts";

/** Colours of every class: a normal distribution in RGB for each id. */
export interface ColourModel {
  /** By id, 0 background: log fraction of pixels, mean, inverse covariance, log of its determinant's root. */
  readonly classes: readonly {
    readonly mean: readonly number[];
    readonly precision: readonly number[];
    readonly offset: number;
  }[];
}

/** Instance that was found. */
export interface ColourDetection {
  /** Pixels of the component as a fraction of the image. */
  readonly score: number;
  /** Class index, 0-based. */
  readonly class: number;
  /** [H, W], 1 inside. */
  readonly mask: Uint8Array;
}

/**
 * Fits the colours of background and classes to images with ground truth.
 *
 * @param samples Images and their class ids, 255 where pixels do not count.
 * @param options `classes`: number of classes.
 * @throws Error if a class has no pixels.
 */
export function fitColours(
  samples: Iterable<{ readonly image: RgbImage; readonly classMask: LabelMap }>,
  { classes }: { readonly classes: number },
): ColourModel {
  const sums = Array.from({ length: classes + 1 }, () => new Float64Array(10)); // 1, r, g, b, rr, rg, rb, gg, gb, bb
  for (const { image, classMask } of samples) {
    classMask.data.forEach((id, pixel) => {
      const sum = sums[id];
      if (!sum) return;
      const [r, g, b] = image.data.subarray(pixel * 3, pixel * 3 + 3) as unknown as [number, number, number];
      [1, r, g, b, r * r, r * g, r * b, g * g, g * b, b * b].forEach((value, i) => sum[i]! += value);
    });
  }
  return {
    classes: sums.map((sum, id) => {
      const n = sum[0]!;
      if (n === 0) throw new Error(`Expected pixels of class id ${id} in the samples but found none`);
      const [r, g, b] = [sum[1]! / n, sum[2]! / n, sum[3]! / n];
      const covariance = [
        sum[4]! / n - r * r + 1,
        sum[5]! / n - r * g,
        sum[6]! / n - r * b,
        sum[7]! / n - g * g + 1,
        sum[8]! / n - g * b,
        sum[9]! / n - b * b + 1,
      ] as const;
      const { inverse, determinant } = invert(covariance);
      return { mean: [r, g, b], precision: inverse, offset: -0.5 * Math.log(determinant) };
    }),
  };
}

/**
 * Labels every pixel with the likeliest colour among background and the classes that the image is said to show, and
 * takes the connected components of each class as instances, largest first.
 *
 * @param image An image.
 * @param options `model`: of {@linkcode fitColours}; `labels`: class indices of the image; `fragment`: fraction of the
 * image below which components are dropped.
 */
export function colourBaseline(
  { width, height, data }: RgbImage,
  { model, labels, fragment = 0.01 }: {
    readonly model: ColourModel;
    readonly labels: readonly number[];
    readonly fragment?: number;
  },
): ColourDetection[] {
  const ids = [0, ...labels.map((label) => label + 1)];
  const map = new Uint8Array(width * height);
  for (let pixel = 0; pixel < map.length; pixel++) {
    let best = -Infinity;
    for (const id of ids) {
      const { mean, precision, offset } = model.classes[id]!;
      const r = data[pixel * 3]! - mean[0]!, g = data[pixel * 3 + 1]! - mean[1]!, b = data[pixel * 3 + 2]! - mean[2]!;
      const distance = precision[0]! * r * r + precision[3]! * g * g + precision[5]! * b * b +
        2 * (precision[1]! * r * g + precision[2]! * r * b + precision[4]! * g * b);
      const likelihood = offset - 0.5 * distance;
      if (likelihood > best) [best, map[pixel]] = [likelihood, id];
    }
  }
  return components(map, { width, height })
    .map(({ id, pixels }) => {
      const mask = new Uint8Array(map.length);
      for (const pixel of pixels) mask[pixel] = 1;
      return { score: pixels.length / map.length, class: id - 1, mask };
    })
    .filter(({ score }) => score >= fragment)
    .sort((a, b) => b.score - a.score);
}

/** Inverse and determinant of a symmetric 3×3 matrix given by its upper triangle, row by row. */
function invert(
  [a, b, c, d, e, f]: readonly [number, number, number, number, number, number],
): { inverse: number[]; determinant: number } {
  const cofactors = [d * f - e * e, c * e - b * f, b * e - c * d, a * f - c * c, b * c - a * e, a * d - b * b];
  const determinant = a * cofactors[0]! + b * cofactors[1]! + c * cofactors[2]!;
  return { inverse: cofactors.map((value) => value / determinant), determinant };
}

/** 4-connected components of equal ids other than 0. */
function components(
  map: Uint8Array,
  { width, height }: { width: number; height: number },
): { id: number; pixels: number[] }[] {
  const seen = new Uint8Array(map.length);
  const found: { id: number; pixels: number[] }[] = [];
  for (let start = 0; start < map.length; start++) {
    if (seen[start] || map[start] === 0) continue;
    const id = map[start]!, pixels = [start];
    seen[start] = 1;
    for (let next = 0; next < pixels.length; next++) {
      const pixel = pixels[next]!, x = pixel % width, y = Math.floor(pixel / width);
      const visit = (neighbour: number) => {
        if (seen[neighbour] || map[neighbour] !== id) return;
        seen[neighbour] = 1;
        pixels.push(neighbour);
      };
      if (x > 0) visit(pixel - 1);
      if (x < width - 1) visit(pixel + 1);
      if (y > 0) visit(pixel - width);
      if (y < height - 1) visit(pixel + width);
    }
    found.push({ id, pixels });
  }
  return found;
}
