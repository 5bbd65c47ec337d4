import type { LabelMap } from "../data/image.ts";
import { expectSameSize, meanOfNumbers } from "./_shared.ts";

/** Pixels by label of the ground truth and of a prediction. */
export interface Confusion {
  /** Number of labels, background included. */
  readonly labels: number;
  /** [labels, labels], rows: ground truth, columns: prediction. */
  readonly counts: number[];
}

/** Labels up to which all counts of a confusion are written; of more, those of an image are nearly all 0. */
const MOST_WRITTEN = 64;

/** For `JSON.stringify()`: confusions of many labels are written as the places and values of their counts but 0. */
export function packConfusion(_key: string, value: unknown): unknown {
  const { labels = 0, counts } = (value ?? {}) as Partial<Confusion>;
  if (!Array.isArray(counts) || !(labels > MOST_WRITTEN)) return value;
  const places = [...counts.keys()].filter((place) => counts[place] !== 0);
  return { labels, places, pixels: places.map((place) => counts[place]) };
}

/** For `JSON.parse()`: undoes {@linkcode packConfusion}. */
export function unpackConfusion(_key: string, value: unknown): unknown {
  const { labels, places, pixels } = (value ?? {}) as { labels: number; places?: number[]; pixels: number[] };
  if (!Array.isArray(places)) return value;
  const confusion = emptyConfusion(labels);
  places.forEach((place, i) => confusion.counts[place] = pixels[i]!);
  return confusion;
}

/** Prediction and ground truth of an image. */
export interface ConfusionPair {
  /** Labels 0…labels − 1. */
  readonly predicted: LabelMap;
  /** Labels 0…labels − 1; 255 is left out. */
  readonly groundTruth: LabelMap;
  /** True where a predicted 255 counts as 0; else it is an error. */
  readonly uncertainIsBackground?: boolean;
}

/** Makes a confusion of nothing yet, for a number of labels with the background. */
export function emptyConfusion(labels: number): Confusion {
  return { labels, counts: new Array<number>(labels * labels).fill(0) };
}

/**
 * Counts the pixels of one image into a confusion.
 *
 * @throws RangeError if the sizes differ or a label is out of range.
 * @example
 * ```ts
 * import { countConfusion, emptyConfusion } from "./segmentation.ts";
 * const total = emptyConfusion(2), size = { height: 1, width: 3 };
 * const predicted = { ...size, data: Uint8Array.of(0, 1, 1) };
 * const groundTruth = { ...size, data: Uint8Array.of(0, 0, 255) };
 * countConfusion(total, { predicted, groundTruth }); // counts 1 1 0 0
 * ```
 */
export function countConfusion(
  { labels, counts }: Confusion,
  { predicted, groundTruth, uncertainIsBackground = false }: ConfusionPair,
): void {
  expectSameSize(predicted, groundTruth);
  const pairs = new Uint32Array(labels * labels);
  for (let i = 0; i < groundTruth.data.length; i++) {
    const expected = groundTruth.data[i]!;
    if (expected === 255) continue;
    const found = uncertainIsBackground && predicted.data[i] === 255 ? 0 : predicted.data[i]!;
    if (expected >= labels || found >= labels) {
      const [name, label] = expected >= labels ? ["ground-truth", expected] : ["predicted", found];
      throw new RangeError(`Expected ${name} labels 0…${labels - 1} but found ${label}`);
    }
    pairs[expected * labels + found]!++;
  }
  pairs.forEach((count, i) => counts[i]! += count);
}

/** Adds a confusion to another. @throws RangeError if they have different numbers of labels. */
export function addConfusion(total: Confusion, part: Confusion): void {
  if (part.labels !== total.labels) {
    throw new RangeError(`Expected a confusion of ${total.labels} labels but found ${part.labels}`);
  }
  part.counts.forEach((count, i) => total.counts[i]! += count);
}

/** Scores of one label, 0…1; NaN where there is nothing to divide by. */
export interface SegmentationRow {
  /** Name of the class, or `background`. */
  readonly name: string;
  /** Pixels right, of those that are or are called so. */
  readonly iou: number;
  /** Pixels right, of those called so. */
  readonly precision: number;
  /** Pixels right, of those that are so. */
  readonly recall: number;
}

/** Scores of semantic masks. */
export interface SegmentationScores {
  /** Background and all classes. */
  readonly rows: SegmentationRow[];
  /** Mean IoU over background and the chosen classes, those that never occur left out. */
  readonly mean: number;
}

/** Class names and those that enter the mean. */
export interface ClassChoice {
  /** All class names; label of class index 0 is 1. */
  readonly classes: readonly string[];
  /** Names of the classes that enter the mean; `null`: all. */
  readonly chosen?: readonly string[] | null;
}

/**
 * Works out the intersection over union of every label, and their mean.
 *
 * @throws Error if the confusion has not one label more than there are classes, or a chosen class does not exist.
 */
export function segmentationScores(
  { labels, counts }: Confusion,
  { classes, chosen = null }: ClassChoice,
): SegmentationScores {
  if (labels !== classes.length + 1) {
    throw new RangeError(`Expected a confusion of ${classes.length + 1} labels but found ${labels}`);
  }
  const rows = ["background", ...classes].map((name, label) => {
    let is = 0, called = 0;
    for (let other = 0; other < labels; other++) {
      is += counts[label * labels + other]!;
      called += counts[other * labels + label]!;
    }
    const right = counts[label * labels + label]!;
    return { name, iou: right / (is + called - right), precision: right / called, recall: right / is };
  });
  const means = [0, ...chosenClasses(classes, chosen).map((c) => c + 1)];
  return { rows, mean: meanOfNumbers(means.map((label) => rows[label]!.iou)) };
}

/**
 * Picks the classes that enter a mean.
 *
 * @param classes All class names.
 * @param chosen Names of the chosen ones; `null`: all.
 * @returns Indices, ascending.
 * @throws Error naming the classes that do not exist, or if none is chosen.
 */
export function chosenClasses(classes: readonly string[], chosen: readonly string[] | null): number[] {
  const unknown = (chosen ?? []).filter((name) => !classes.includes(name));
  if (unknown.length) throw new Error(`Expected classes among ${classes.join(", ")} but found ${unknown.join(", ")}`);
  if (chosen?.length === 0) throw new Error("Expected at least one class but found none");
  return Array.from(classes.keys()).filter((c) => chosen?.includes(classes[c]!) ?? true);
}

/**
 * Works out the IoU of one image: the mean over the labels, background included, that its prediction or its
 * ground truth has. Means over a data set are not means of these; they add up the pixels of all images first.
 *
 * @param predicted Labels 0…classes; 255 counts as background.
 * @param groundTruth Labels 0…classes; 255 is left out.
 * @param options Names of the classes.
 * @returns Mean IoU in 0…1; NaN where the ground truth has no pixel at all.
 * @throws RangeError if the sizes differ or a label is out of range.
 * @example
 * ```ts
 * import { imageIou } from "./segmentation.ts";
 * const size = { height: 1, width: 4 };
 * const predicted = { ...size, data: Uint8Array.of(0, 0, 1, 1) };
 * const groundTruth = { ...size, data: Uint8Array.of(0, 1, 1, 1) };
 * imageIou(predicted, groundTruth, { classes: ["cat"] }); // (1/2 + 2/3) / 2
 * ```
 */
export function imageIou(
  predicted: LabelMap,
  groundTruth: LabelMap,
  { classes }: { readonly classes: readonly string[] },
): number {
  const confusion = emptyConfusion(classes.length + 1);
  countConfusion(confusion, { predicted, groundTruth: groundTruth, uncertainIsBackground: true });
  return segmentationScores(confusion, { classes }).mean;
}
