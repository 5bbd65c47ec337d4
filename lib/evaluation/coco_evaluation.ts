/**
 * Average precision and recall of instances by MS COCO's rules, number for number as pycocotools gives them.
 * @module
 */
import { type DetectedRuns, type InstanceOverlaps, type InstanceRuns, overlapInstances } from "./instances.ts";

/** A ground-truth instance, or a group of objects (crowd), of an image. */
export interface CocoTruth extends InstanceRuns {
  /** Area in pixels as the file states it, which decides small, medium or large. */
  readonly area: number;
  /** A crowd: detections inside it are neither right nor wrong. */
  readonly crowd: boolean;
  /** Its id in the file is 0, which COCO's tools take for "not matched": a detection that matches it counts as wrong. */
  readonly idIsZero: boolean;
}

/** A detection of an image. */
export interface CocoDetection extends DetectedRuns {
  /** Area in pixels: COCO's tools take that of the box where results have boxes, else that of the mask. */
  readonly area: number;
}

/** The twelve numbers of COCO's summary, 0…1; −1 where no class has a ground-truth instance of that size. */
export interface CocoSummary {
  /** Mean over IoU thresholds 0.50, 0.55, … 0.95. */
  readonly AP: number;
  /** At IoU 0.50. */
  readonly AP50: number;
  /** At IoU 0.75. */
  readonly AP75: number;
  /** Of areas up to 32² pixels. */
  readonly APsmall: number;
  /** Of areas from 32² to 96² pixels. */
  readonly APmedium: number;
  /** Of areas from 96² pixels. */
  readonly APlarge: number;
  /** Recall with one detection an image and class. */
  readonly AR1: number;
  /** Recall with ten. */
  readonly AR10: number;
  /** Recall with a hundred. */
  readonly AR100: number;
  /** As {@linkcode AR100}, of areas up to 32² pixels. */
  readonly ARsmall: number;
  /** As {@linkcode AR100}, of areas from 32² to 96² pixels. */
  readonly ARmedium: number;
  /** As {@linkcode AR100}, of areas from 96² pixels. */
  readonly ARlarge: number;
}

/** The summary, and for each class the mean AP over IoU thresholds, AP50 and AP75; −1 without ground truth. */
export interface CocoScores {
  /** Over all classes. */
  readonly summary: CocoSummary;
  /** By class. */
  readonly perClass: readonly { readonly AP: number; readonly AP50: number; readonly AP75: number }[];
}

const linspace = (from: number, to: number, count: number) =>
  Float64Array.from({ length: count }, (_, i) => i === count - 1 ? to : from + i * ((to - from) / (count - 1)));

const IOUS = linspace(0.5, 0.95, 10);
const RECALLS = linspace(0, 1, 101);
const AREAS = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const;
type Area = keyof typeof AREAS;
const MOST = [1, 10, 100] as const;

/** Added to a sum of detections before it divides: the distance from 1 to the next double. */
const EPSILON = Number.EPSILON;

/** Detections of an image by class, matched: all that the scores need. */
export type CocoMatches = ReadonlyMap<number, ClassMatches>;

/**
 * Compares the detections of an image with its ground truth by COCO's rules: in each class the hundred best take, by
 * descending score, the ground-truth instance of highest IoU that is still free; crowds and instances of other sizes
 * come last and are ignored.
 *
 * @param truths Ground truth, in the order of its file.
 * @param found Detections, in the order of their file.
 * @throws RangeError if a score is not finite, or masks differ in size.
 */
export function cocoMatches(truths: readonly CocoTruth[], found: readonly CocoDetection[]): CocoMatches {
  const { truths: masks, found: overlaps } = overlapInstances(found, truths);
  return matchOverlaps({
    truths: masks.map(({ area }, n) => ({ ...truths[n]!, pixels: area })),
    found: overlaps.map((one, n) => ({ ...one, area: found[n]!.area, pixels: one.area })),
  });
}

/** As {@linkcode cocoMatches}, from overlaps: areas are those of the masks, and no object is a crowd. */
export function cocoMatchesOf({ truths, found }: InstanceOverlaps): CocoMatches {
  return matchOverlaps({
    truths: truths.map((one) => ({ ...one, pixels: one.area, crowd: false, idIsZero: false })),
    found: found.map((one) => ({ ...one, pixels: one.area })),
  });
}

/**
 * Works out COCO's scores.
 *
 * @param images Matches of each image, in ascending order of their ids, which decides between equal scores.
 * @param classes The classes that enter the means.
 * @returns The summary, and AP by class in their order.
 */
export function cocoScores(images: readonly CocoMatches[], classes: readonly number[]): CocoScores {
  const judged = classes.map((c) => images.flatMap((image) => image.get(c) ?? []));
  const curves = judged.map((images) => ({
    all: MOST.map((most) => accumulate(images, { area: "all", most })),
    small: [accumulate(images, { area: "small", most: 100 })],
    medium: [accumulate(images, { area: "medium", most: 100 })],
    large: [accumulate(images, { area: "large", most: 100 })],
  }));
  const AP = (area: Area, iou?: number) => meanPrecision(curves.map((one) => one[area].at(-1)!), iou);
  const AR = (area: Area, most = curves[0]?.[area].length ?? 1) =>
    meanRecall(curves.map((one) => one[area][most - 1]!));
  return {
    summary: {
      AP: AP("all"),
      AP50: AP("all", 0),
      AP75: AP("all", 5),
      APsmall: AP("small"),
      APmedium: AP("medium"),
      APlarge: AP("large"),
      AR1: AR("all", 1),
      AR10: AR("all", 2),
      AR100: AR("all", 3),
      ARsmall: AR("small"),
      ARmedium: AR("medium"),
      ARlarge: AR("large"),
    },
    perClass: curves.map(({ all }) => {
      const curve = [all.at(-1)!];
      return { AP: meanPrecision(curve), AP50: meanPrecision(curve, 0), AP75: meanPrecision(curve, 5) };
    }),
  };
}

/** Detections of a class in an image by descending score, matched for every area and IoU threshold. */
export interface ClassMatches {
  /** Their scores. */
  readonly scores: readonly number[];
  /** Matches by range of areas. */
  readonly areas: Readonly<Record<"all" | "small" | "medium" | "large", AreaMatches>>;
}

/** Matches for one range of areas; of a detection, bit t stands for IoU threshold t. */
export interface AreaMatches {
  /** Ground-truth instances that count. */
  readonly truths: number;
  /** Detections that are right. */
  readonly right: readonly number[];
  /** Those that are neither right nor wrong. */
  readonly ignored: readonly number[];
}

type Truth = Pick<CocoTruth, "class" | "area" | "crowd" | "idIsZero"> & {
  /** Pixels inside. */
  readonly pixels: number;
};

type Detection = InstanceOverlaps["found"][number] & { readonly pixels: number };

function matchOverlaps(
  { truths, found }: { readonly truths: readonly Truth[]; readonly found: readonly Detection[] },
): CocoMatches {
  const indices = Map.groupBy(truths.keys(), (n) => truths[n]!.class), foundOf = Map.groupBy(found, (one) => one.class);
  return new Map(
    [...new Set([...indices.keys(), ...foundOf.keys()])].map((c) => {
      const own = indices.get(c) ?? [];
      const detections = (foundOf.get(c) ?? []).toSorted((a, b) => b.score - a.score).slice(0, MOST.at(-1));
      const ious = detections.map(({ on, pixels: area }) => {
        const inside = new Map(on);
        return own.map((n) => {
          const both = inside.get(n) ?? 0, { crowd, pixels } = truths[n]!;
          return both === 0 ? 0 : both / (crowd ? area : area + pixels - both);
        });
      });
      return [c, judge(own.map((n) => truths[n]!), detections, ious)];
    }),
  );
}

function judge(
  truths: readonly Truth[],
  detections: readonly Detection[],
  ious: readonly (readonly number[])[],
): ClassMatches {
  const areas = Object.fromEntries(
    Object.entries(AREAS).map(([name, [least, most]]) => {
      const outside = (area: number) => area < least || area > most;
      return [name, match(truths, { ious, outside, areas: detections.map(({ area }) => area) })];
    }),
  ) as Record<Area, AreaMatches>;
  return { scores: detections.map(({ score }) => score), areas };
}

function match(
  truths: readonly Truth[],
  { ious, outside, areas }: {
    ious: readonly (readonly number[])[];
    outside: (area: number) => boolean;
    areas: readonly number[];
  },
): AreaMatches {
  const ignore = truths.map(({ crowd, area }) => crowd || outside(area));
  const order = [...truths.keys()].sort((a, b) => Number(ignore[a]) - Number(ignore[b])); // those that count come first
  const right = areas.map(() => 0), ignored = areas.map(() => 0);
  for (const [t, threshold] of IOUS.entries()) {
    const taken = new Set<number>();
    areas.forEach((area, d) => {
      let highest = Math.min(threshold, 1 - 1e-10), best = -1;
      for (const g of order) {
        if (taken.has(g) && !truths[g]!.crowd) continue;
        if (best >= 0 && !ignore[best] && ignore[g]) break;
        if (ious[d]![g]! < highest) continue;
        highest = ious[d]![g]!;
        best = g;
      }
      if (best >= 0) taken.add(best);
      const counts = best >= 0 && !truths[best]!.idIsZero;
      if ((best >= 0 && ignore[best]) || (!counts && outside(area))) ignored[d]! |= 1 << t;
      else if (counts) right[d]! |= 1 << t;
    });
  }
  return { truths: ignore.filter((one) => !one).length, right, ignored };
}

/** Precision at 101 recalls, and the highest recall, at every IoU threshold; `null` without ground truth. */
interface Curve {
  readonly precision: readonly Float64Array[];
  readonly recall: readonly number[];
}

function accumulate(images: readonly ClassMatches[], { area, most }: { area: Area; most: number }): Curve | null {
  const truths = images.reduce((sum, { areas }) => sum + areas[area].truths, 0);
  if (truths === 0) return null;
  const all = images.flatMap(({ scores }, n) => scores.slice(0, most).map((score, d) => ({ n, d, score })))
    .sort((a, b) => b.score - a.score);
  const precision: Float64Array[] = [], recall: number[] = [];
  for (let t = 0; t < IOUS.length; t++) {
    const recalls: number[] = [], precisions: number[] = [];
    let right = 0, wrong = 0;
    for (const { n, d } of all) {
      const { right: hits, ignored } = images[n]!.areas[area];
      if (hits[d]! & 1 << t) right++;
      else if (!(ignored[d]! & 1 << t)) wrong++;
      recalls.push(right / truths);
      precisions.push(right / (wrong + right + EPSILON));
    }
    for (let i = precisions.length - 1; i > 0; i--) {
      if (precisions[i]! > precisions[i - 1]!) precisions[i - 1] = precisions[i]!;
    }
    let at = 0;
    precision.push(RECALLS.map((wanted) => {
      while (at < recalls.length && recalls[at]! < wanted) at++;
      return precisions[at] ?? 0;
    }));
    recall.push(recalls.at(-1) ?? 0);
  }
  return { precision, recall };
}

/** Mean over classes with ground truth, of one IoU threshold or of all; −1 where there are none. */
function meanPrecision(curves: readonly (Curve | null)[], iou?: number): number {
  return mean(
    curves.flatMap((curve) =>
      curve ? (iou === undefined ? curve.precision : [curve.precision[iou]!]).flatMap((row) => [...row]) : []
    ),
  );
}

function meanRecall(curves: readonly (Curve | null)[]): number {
  return mean(curves.flatMap((curve) => curve?.recall ?? []));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? -1 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
