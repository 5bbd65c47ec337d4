/**
 * Intervals of scores by bootstrap over images (Efron): how far a score would move on other images of the same kind.
 * @module
 */
import { random } from "../data/random.ts";
import { meanOfNumbers } from "./_shared.ts";
import { judgedDetections } from "./average_precision.ts";
import type { InstanceMatches } from "./instances.ts";
import { chosenClasses, type ClassChoice, type Confusion } from "./segmentation.ts";

/** Score, 0…1, of images of which each counts as often as its weight says; NaN where there is nothing to divide by. */
export type WeightedScore = (weights: ArrayLike<number>) => number;

/** Pixels of an image by label of the ground truth and of the prediction, pairs that occur alone. */
export type SparseConfusion = readonly (readonly [truth: number, predicted: number, pixels: number])[];

/** The pairs of labels that occur in a confusion. */
export function sparseConfusion({ labels, counts }: Confusion): SparseConfusion {
  return counts.flatMap((pixels, i) => pixels > 0 ? [[Math.floor(i / labels), i % labels, pixels] as const] : []);
}

/**
 * Draws images with replacement, again and again, and works out scores of each draw.
 *
 * @param images Number of images.
 * @param scores Scores; all see the same draws, so that their differences are those of pairs.
 * @param options Seed, and the number of draws, default 1000.
 * @returns Of each score one value a draw.
 */
export function bootstrap(
  images: number,
  scores: readonly WeightedScore[],
  { seed, draws = 1000 }: { readonly seed: number; readonly draws?: number },
): number[][] {
  const weights = new Uint16Array(images), values = scores.map((): number[] => []);
  for (let n = 0; n < draws; n++) {
    const draw = random(seed, "bootstrap", n);
    weights.fill(0);
    for (let i = 0; i < images; i++) weights[Math.floor(draw() * images)]!++;
    scores.forEach((score, s) => values[s]!.push(score(weights)));
  }
  return values;
}

/**
 * The middle 95 % of values, ends between two of them interpolated.
 *
 * @param values Values; those that are NaN are left out.
 * @returns Both ends; `null` where there are no numbers.
 */
export function interval95(values: readonly number[]): [low: number, high: number] | null {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (fraction: number) => {
    const place = fraction * (sorted.length - 1), below = Math.floor(place);
    const first = sorted[below]!, next = sorted[Math.min(below + 1, sorted.length - 1)]!;
    return first + (next - first) * (place - below);
  };
  return [at(0.025), at(0.975)];
}

/** Mean IoU of label maps, as `segmentationScores()` has it, of weighted images. @throws RangeError for other labels. */
export function weightedMiou(
  images: readonly SparseConfusion[],
  { classes, chosen = null }: ClassChoice,
): WeightedScore {
  const labels = classes.length + 1, means = [0, ...chosenClasses(classes, chosen).map((c) => c + 1)];
  const strange = images.flat().find(([is, called]) => !(is < labels && called < labels));
  if (strange) throw new RangeError(`Expected labels 0…${labels - 1} but found ${strange.slice(0, 2).join(" and ")}`);
  const starts = new Uint32Array(images.length + 1);
  images.forEach((pairs, n) => starts[n + 1] = starts[n]! + pairs.length);
  const cells = Uint32Array.from(images.flatMap((pairs) => pairs.map(([is, called]) => is * labels + called)));
  const pixels = Float64Array.from(images.flatMap((pairs) => pairs.map((pair) => pair[2])));
  const counts = new Float64Array(labels * labels), is = new Float64Array(labels), called = new Float64Array(labels);
  return (weights) => {
    for (const sums of [counts, is, called]) sums.fill(0);
    for (let n = 0; n < images.length; n++) {
      const weight = weights[n]!;
      for (let at = weight > 0 ? starts[n]! : Infinity; at < starts[n + 1]!; at++) {
        counts[cells[at]!]! += weight * pixels[at]!;
      }
    }
    for (let cell = 0; cell < counts.length; cell++) {
      is[Math.floor(cell / labels)]! += counts[cell]!;
      called[cell % labels]! += counts[cell]!;
    }
    return meanOfNumbers(means.map((label) => {
      const right = counts[label * labels + label]!;
      return right / (is[label]! + called[label]! - right);
    }));
  };
}

/** Mean average precision of instances, as `instanceScores()` has it, of weighted images. */
export function weightedPrecision(
  images: readonly InstanceMatches[],
  { classes, chosen = null, iou }: ClassChoice & { readonly iou: number },
): WeightedScore {
  const judged = chosenClasses(classes, chosen).map((c) => {
    const { image, right } = judgedDetections(images, { class: c, iou });
    const truths = Uint32Array.from(images, (one) => one.truths.filter((truth) => truth === c).length);
    return {
      image: Uint32Array.from(image),
      right: Uint8Array.from(right, Number),
      shown: Uint32Array.from([...truths.keys()].filter((n) => truths[n]! > 0)),
      truths,
      found: new Float64Array(image.length),
      all: new Float64Array(image.length),
    };
  });
  return (weights) =>
    meanOfNumbers(judged.map(({ image, right, shown, truths, found, all }) => {
      let positives = 0, hits = 0, seen = 0, area = 0, best = 0;
      for (const n of shown) positives += weights[n]! * truths[n]!;
      if (positives === 0) return NaN;
      for (let d = 0; d < image.length; d++) {
        const weight = weights[image[d]!]!;
        all[d] = seen += weight;
        found[d] = hits += right[d]! * weight;
      }
      // An image that counts twice has its detections twice, one after another: of right ones, the last is the best.
      for (let d = image.length - 1; d >= 0; d--) {
        const weight = weights[image[d]!]!;
        if (weight === 0) continue;
        best = Math.max(best, found[d]! / all[d]!);
        area += right[d]! * weight * best;
      }
      return area / positives;
    }));
}
