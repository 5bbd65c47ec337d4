import type { LabelMap } from "../data/image.ts";
import { resizeLabel, type Size } from "../data/resize.ts";
import {
  boxesMeet,
  labelRuns,
  maskToRuns,
  measureRuns,
  overlapOfRuns,
  type RunLengths,
} from "../formats/run_lengths.ts";
import { expectSameSize } from "./_shared.ts";

/**
 * Instances of an image, whose masks may overlap.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `class` | [N] | | 0-based |
 * | `mask` | [N, H, W] | u8 | not zero inside |
 */
export interface InstanceMasks {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Class of each instance, 0-based. */
  readonly class: ArrayLike<number>;
  /** N·H·W values. */
  readonly mask: Uint8Array;
}

/** Instances that were predicted; `Instances` of the synthesis fits. */
export interface PredictedMasks extends InstanceMasks {
  /** Confidence of each instance. */
  readonly score: ArrayLike<number>;
}

/** Instance of an image as run lengths. */
export interface InstanceRuns {
  /** Index of the class, from 0. */
  readonly class: number;
  /** The mask. */
  readonly runs: RunLengths;
}

/** Predicted instance of an image. */
export interface DetectedRuns extends InstanceRuns {
  /** Confidence. */
  readonly score: number;
}

/** Matches of one image: all that average precision needs, whatever its IoU threshold. */
export interface InstanceMatches {
  /** Classes of the ground-truth instances. */
  readonly truths: number[];
  /** The predicted instances in their order. */
  readonly found: {
    readonly class: number;
    readonly score: number;
    /** Index of the ground-truth instance of this class with the highest IoU, the first on ties; −1 if there is none. */
    readonly truth: number;
    /** That IoU, in single precision. */
    readonly iou: number;
  }[];
}

/**
 * Compares the predicted instances of one image with those of the ground truth of the same class.
 *
 * @throws RangeError if the sizes differ, or a score is not finite.
 * @example
 * ```ts
 * import { matchInstances } from "./instances.ts";
 * const size = { height: 1, width: 4 };
 * const predicted = { ...size, class: [7], score: [0.9], mask: Uint8Array.of(0, 1, 1, 0) };
 * matchInstances(predicted, { ...size, class: [7], mask: Uint8Array.of(0, 1, 0, 0) }).found[0]; // truth 0, IoU 0.5
 * ```
 */
export function matchInstances(predicted: PredictedMasks, groundTruth: InstanceMasks): InstanceMatches {
  const { height, width } = groundTruth;
  for (const [name, { class: classes, mask, ...sizes }] of Object.entries({ predicted, "ground-truth": groundTruth })) {
    if (sizes.height !== height || sizes.width !== width || mask.length !== classes.length * height * width) {
      throw new RangeError(
        `Expected ${name} masks of ${classes.length}×${height}×${width} values but found ${mask.length} of ` +
          `${sizes.height}×${sizes.width}`,
      );
    }
  }
  return matchRuns(detectedRuns(predicted), instanceRuns(groundTruth));
}

/** Predicted instances of an image as run lengths. */
export function detectedRuns(predicted: PredictedMasks): DetectedRuns[] {
  return instanceRuns(predicted).map((one, n) => ({ ...one, score: predicted.score[n]! }));
}

/** The instances of an image as run lengths. */
export function instanceRuns({ height, width, class: classes, mask }: InstanceMasks): InstanceRuns[] {
  const size = height * width;
  return Array.from(classes, (c, n) => ({
    class: c,
    runs: maskToRuns({ height, width, data: mask.subarray(n * size, (n + 1) * size) }),
  }));
}

/** As {@linkcode matchInstances}, from run lengths. @throws RangeError if the sizes differ, or a score is not finite. */
export function matchRuns(found: readonly DetectedRuns[], truths: readonly InstanceRuns[]): InstanceMatches {
  return bestMatches(overlapInstances(found, truths));
}

/**
 * Overlaps of an image's predicted instances with those of the ground truth, of whatever class: all that matches and
 * the errors of instances are worked out from. It survives JSON.
 */
export interface InstanceOverlaps {
  /** Ground-truth instances: class, and area in pixels. */
  readonly truths: readonly { readonly class: number; readonly area: number }[];
  /** Predicted instances in their order. */
  readonly found: readonly {
    readonly class: number;
    readonly score: number;
    /** Area, pixels. */
    readonly area: number;
    /** Indices of the ground-truth instances it lies on, ascending, each with the number of pixels. */
    readonly on: readonly (readonly [truth: number, pixels: number])[];
  }[];
}

/** Counts pixels that instances share. @throws RangeError if the sizes differ, or a score is not finite. */
export function overlapInstances(found: readonly DetectedRuns[], truths: readonly InstanceRuns[]): InstanceOverlaps {
  const extents = truths.map(({ runs }) => measureRuns(runs));
  return {
    truths: truths.map((one, n) => ({ class: one.class, area: extents[n]!.area })),
    found: found.map(({ class: c, score, runs }) => {
      if (!Number.isFinite(score)) throw new RangeError(`Expected finite scores but found ${score}`);
      const { area, box } = measureRuns(runs);
      const on = truths.map((truth, n): [number, number] => [
        n,
        boxesMeet(box, extents[n]!.box) ? overlapOfRuns(runs, truth.runs) : 0,
      ]);
      return { class: c, score, area, on: on.filter(([, pixels]) => pixels > 0) };
    }),
  };
}

/** Picks for every predicted instance the ground truth of its class that it overlaps most. */
export function bestMatches({ truths, found }: InstanceOverlaps): InstanceMatches {
  return {
    truths: truths.map((one) => one.class),
    found: found.map(({ class: c, score, area, on }) => {
      let truth = truths.findIndex((one) => one.class === c), highest = 0;
      for (const [n, pixels] of on) {
        const iou = Math.fround(pixels / (area + truths[n]!.area - pixels));
        if (truths[n]!.class === c && iou > highest) [truth, highest] = [n, iou];
      }
      return { class: c, score, truth, iou: highest };
    }),
  };
}

/**
 * Takes the ground-truth instances of an image from its masks, in the order of their ids.
 *
 * @param objects Instance ids; 0 is background, 255 void.
 * @param classes Class ids 1…; the class of an instance is the smallest inside it, 0 and 255 left out.
 * @throws RangeError if the sizes differ.
 * @throws Error if an instance holds no class.
 */
export function groundTruthInstances(objects: LabelMap, classes: LabelMap): InstanceMasks {
  const { height, width } = objects, found = classesOfObjects(objects, classes), ids = [...found.keys()];
  const mask = new Uint8Array(ids.length * objects.data.length);
  ids.forEach((id, n) => {
    const at = n * objects.data.length;
    for (let i = 0; i < objects.data.length; i++) if (objects.data[i] === id) mask[at + i] = 1;
  });
  return { height, width, class: Int32Array.from(found.values()), mask };
}

/**
 * As {@linkcode groundTruthInstances}, as run lengths; at another size, by nearest pixels, where one is given: instances
 * of which nothing is left there are empty.
 */
export function groundTruthRuns(objects: LabelMap, classes: LabelMap, size: Size = objects): InstanceRuns[] {
  const { height, width } = size, runs = labelRuns(resizeLabel(objects, size));
  const empty = { height, width, counts: [height * width] };
  return Array.from(classesOfObjects(objects, classes), ([id, c]) => ({ class: c, runs: runs.get(id) ?? empty }));
}

/** The class, 0-based, of each id of an instance, in the order of the ids. */
function classesOfObjects(objects: LabelMap, classes: LabelMap): Map<number, number> {
  expectSameSize(objects, classes);
  const smallest = new Uint8Array(256), isThere = new Uint8Array(256);
  smallest.fill(255);
  for (let i = 0; i < objects.data.length; i++) {
    const id = objects.data[i]!, label = classes.data[i]! || 255;
    isThere[id] = 1;
    if (label < smallest[id]!) smallest[id] = label;
  }
  const ids = [...isThere.keys()].filter((id) => isThere[id] && id !== 0 && id !== 255);
  const bare = ids.find((id) => smallest[id] === 255);
  if (bare !== undefined) throw new Error(`Expected a class inside instance ${bare} but found background or void only`);
  return new Map(ids.map((id) => [id, smallest[id]! - 1]));
}

/** Brings masks to another size, by nearest pixels. */
export function resizeInstances<T extends InstanceMasks>(instances: T, { height, width }: Size): T {
  const { mask, class: { length } } = instances, from = instances.height * instances.width;
  if (instances.height === height && instances.width === width) return instances;
  const masks = new Uint8Array(length * height * width);
  for (let n = 0; n < length; n++) {
    const one = { ...instances, data: mask.subarray(n * from, (n + 1) * from) };
    masks.set(resizeLabel(one, { height, width }).data, n * height * width);
  }
  return { ...instances, height, width, mask: masks };
}

/** Picks some of the instances of an image, in this order; without scores they have 1. */
export function keepInstances<T extends InstanceMasks & { readonly score?: ArrayLike<number> }>(
  { height, width, class: classes, score, mask }: T,
  kept: readonly number[],
): Pick<T, "height" | "width" | "mask"> & { class: number[]; score: number[] } {
  const size = height * width, masks = new Uint8Array(kept.length * size);
  kept.forEach((n, place) => masks.set(mask.subarray(n * size, (n + 1) * size), place * size));
  return { height, width, class: kept.map((n) => classes[n]!), score: kept.map((n) => score?.[n] ?? 1), mask: masks };
}
