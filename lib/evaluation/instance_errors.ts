/**
 * What is wrong with predicted instances, and what each kind of error costs.
 *
 * The six types are those of TIDE (Bolya, Foley, Hays, Hoffman, ECCV 2020), with matches as `instanceScores()` makes
 * them. Merged and split masks are named beside them: what the types call a localisation error or a missed object is
 * often two objects in one mask, or one object in two.
 * @module
 */
import { areaUnderPrecision, byDescendingScore } from "./average_precision.ts";
import { meanOfNumbers } from "./_shared.ts";
import { bestMatches, type InstanceOverlaps } from "./instances.ts";
import { chosenClasses, type ClassChoice } from "./segmentation.ts";

/**
 * Types of errors:
 *
 * | type | of | |
 * |---|---|---|
 * | `class` | mask | on an object of another class, at the IoU of a match |
 * | `localisation` | mask | on an object of its class, at too low an IoU |
 * | `both` | mask | on an object of another class, at too low an IoU |
 * | `duplicate` | mask | on an object of its class that another mask has taken |
 * | `background` | mask | on no object |
 * | `missed` | object | not taken, and no error of class or localisation lies on it |
 */
export const ERROR_TYPES = ["class", "localisation", "both", "duplicate", "background", "missed"] as const;

/** Type of error, as in {@linkcode ERROR_TYPES}. */
export type ErrorType = typeof ERROR_TYPES[number];

/** IoU from which a mask matches an object, and up to which it lies on none. */
export interface ErrorThresholds {
  /** Default: 0.5. */
  readonly iou?: number;
  /** Default: 0.1. */
  readonly background?: number;
}

/** Judgement of an image's instances. */
export interface JudgedInstances {
  /** The predicted ones in their order. */
  readonly found: readonly {
    /** Type of error; `null`: right. */
    readonly error: Exclude<ErrorType, "missed"> | null;
    /** Object that it is right on, or would be without its error; −1: none. */
    readonly truth: number;
    /** Objects of its class more than half of which it covers, where these are two or more. */
    readonly merges: readonly number[];
  }[];
  /** Those of the ground truth in their order. */
  readonly truths: readonly {
    /** A mask is right on it. */
    readonly isTaken: boolean;
    /** Of type `missed`. */
    readonly isMissed: boolean;
    /** Masks of its class that lie in it by more than half, at an IoU above the background's, where these are two or more. */
    readonly pieces: readonly number[];
  }[];
}

/**
 * Judges the predicted instances of an image one by one.
 *
 * @param image What lies on what.
 * @param thresholds IoU of a match, and of the background.
 */
export function judgeInstances(
  image: InstanceOverlaps,
  { iou = 0.5, background = 0.1 }: ErrorThresholds = {},
): JudgedInstances {
  const { truths, found } = image, matches = bestMatches(image).found;
  const match = Math.fround(iou), least = Math.fround(background), owner = new Map<number, number>();
  for (const n of byDescendingScore(found.map(({ score }) => score))) {
    const { truth, iou } = matches[n]!;
    if (truth >= 0 && iou >= match && !owner.has(truth)) owner.set(truth, n);
  }
  const ious = found.map(({ area, on }) =>
    on.map(([truth, pixels]) => ({ truth, pixels, iou: Math.fround(pixels / (area + truths[truth]!.area - pixels)) }))
  );
  const judged = found.map((one, n) => {
    const own = matches[n]!,
      merged = ious[n]!.filter(({ truth, pixels }) =>
        truths[truth]!.class === one.class && 2 * pixels > truths[truth]!.area
      );
    const merges = merged.length > 1 ? merged.map(({ truth }) => truth) : [];
    const said = (error: JudgedInstances["found"][number]["error"], truth = -1) => ({ error, truth, merges });
    if (owner.get(own.truth) === n) return said(null, own.truth);
    if (own.iou >= match) return said("duplicate");
    if (own.iou >= least) return said("localisation", own.truth);
    const other = ious[n]!.filter(({ truth }) => truths[truth]!.class !== one.class)
      .reduce((best, next) => next.iou > best.iou ? next : best, { truth: -1, iou: 0 });
    if (other.iou >= match) return said("class", other.truth);
    return said(other.iou >= least ? "both" : "background");
  });
  const covered = new Set(judged.map(({ truth }) => truth));
  return {
    found: judged,
    truths: truths.map((truth, t) => {
      const pieces = [...found.keys()].filter((n) =>
        found[n]!.class === truth.class &&
        ious[n]!.some((one) => one.truth === t && 2 * one.pixels > found[n]!.area && one.iou >= least)
      );
      return { isTaken: owner.has(t), isMissed: !covered.has(t), pieces: pieces.length > 1 ? pieces : [] };
    }),
  };
}

/** Cost of one kind of error. */
export interface ErrorCost {
  /** Masks, or objects, that have it. */
  readonly count: number;
  /** Mean average precision that correcting this alone adds, 0…1; NaN without ground truth. */
  readonly gain: number;
}

/** Costs of errors. */
export interface ErrorScores {
  /** Mean average precision at this IoU, 0…1. */
  readonly precision: number;
  /** Every type, in their order; `after`: mean average precision where this and all types before are corrected, in the end 1. */
  readonly types: readonly (ErrorCost & { readonly type: ErrorType; readonly after: number })[];
  /** Masks that cover two objects or more. Corrected: each object that no mask is right on has one of their score. */
  readonly merged: ErrorCost;
  /** Objects of two masks or more. Corrected: the best of these is right, the others are not there. */
  readonly split: ErrorCost;
  /** All wrong masks. Corrected: they are not there. */
  readonly falsePositives: ErrorCost;
  /** All objects that no mask is right on. Corrected: they are not there. */
  readonly falseNegatives: ErrorCost;
}

type Correction = ErrorType | "merged" | "split" | "falsePositives" | "falseNegatives";

/**
 * Works out what each kind of error costs: by how much the mean average precision grows if it alone is corrected. An
 * error of class or localisation becomes right on its object, unless another mask is, or one of higher score becomes so;
 * masks of other types go; missed objects are not counted.
 *
 * @param images One for each image, in the order of the list, which decides between equal scores.
 * @param options Classes, those that enter the mean, and thresholds.
 * @returns Counts over all classes, gains over the chosen ones that have ground truth.
 */
export function errorScores(
  images: readonly InstanceOverlaps[],
  { classes, chosen = null, ...thresholds }: ClassChoice & ErrorThresholds,
): ErrorScores {
  const judged = images.map((image) => ({ image, judged: judgeInstances(image, thresholds) }));
  const means = chosenClasses(classes, chosen);
  const precision = (...corrected: Correction[]) =>
    meanPrecision(judged.map((one) => correct(one, new Set(corrected))), { judged, means, classes });
  const now = precision(),
    count = (of: (one: JudgedInstances) => number) => judged.reduce((sum, { judged }) => sum + of(judged), 0);
  const cost = (corrected: Correction, of: (one: JudgedInstances) => number): ErrorCost => ({
    count: count(of),
    gain: precision(corrected) - now,
  });
  return {
    precision: now,
    types: ERROR_TYPES.map((type, n) => ({
      type,
      ...cost(
        type,
        ({ found, truths }) =>
          type === "missed"
            ? truths.filter(({ isMissed }) => isMissed).length
            : found.filter(({ error }) => error === type).length,
      ),
      after: precision(...ERROR_TYPES.slice(0, n + 1)),
    })),
    merged: cost("merged", ({ found }) => found.filter(({ merges }) => merges.length > 0).length),
    split: cost("split", ({ truths }) => truths.filter(({ pieces }) => pieces.length > 0).length),
    falsePositives: cost("falsePositives", ({ found }) => found.filter(({ error }) => error !== null).length),
    falseNegatives: cost("falseNegatives", ({ truths }) => truths.filter(({ isTaken }) => !isTaken).length),
  };
}

/** Masks of an image after corrections, and objects that are not counted. */
interface Corrected {
  readonly masks: readonly { readonly class: number; readonly score: number; readonly isRight: boolean }[];
  readonly gone: readonly number[];
}

interface JudgedImage {
  readonly image: InstanceOverlaps;
  readonly judged: JudgedInstances;
}

function correct({ image: { truths, found }, judged }: JudgedImage, corrected: ReadonlySet<Correction>): Corrected {
  const best = new Map<number, number>(), gone = new Set<number>(); // objects that become right: their masks
  const isKept = found.map(() => true);
  const offer = (truth: number, n: number) => {
    if (judged.truths[truth]!.isTaken) return;
    const other = best.get(truth);
    if (other === undefined || found[n]!.score >= found[other]!.score) best.set(truth, n);
  };
  judged.found.forEach(({ error, truth, merges }, n) => {
    if (error !== null && (corrected.has(error) || corrected.has("falsePositives"))) {
      isKept[n] = false;
      if (corrected.has(error) && truth >= 0) offer(truth, n);
    }
    if (corrected.has("merged") && merges.length > 0) {
      if (error !== null) isKept[n] = false;
      for (const one of merges) offer(one, n);
    }
  });
  judged.truths.forEach(({ isTaken, isMissed, pieces }, t) => {
    if (corrected.has("split")) {
      for (const n of pieces) {
        if (judged.found[n]!.error !== null) isKept[n] = false;
        offer(t, n);
      }
    }
    if (corrected.has("missed") && isMissed || corrected.has("falseNegatives") && !isTaken) gone.add(t);
  });
  return {
    masks: [
      ...found.flatMap(({ class: c, score }, n) =>
        isKept[n] ? [{ class: c, score, isRight: judged.found[n]!.error === null }] : []
      ),
      ...[...best].map(([t, n]) => ({ class: truths[t]!.class, score: found[n]!.score, isRight: true })),
    ],
    gone: [...gone].map((t) => truths[t]!.class),
  };
}

/** A class all of whose objects have gone has precision 1 where no wrong mask is left, else 0. */
function meanPrecision(
  images: readonly Corrected[],
  { judged, means, classes }: { judged: readonly JudgedImage[]; means: readonly number[]; classes: readonly string[] },
): number {
  const objects = classes.map(() => 0), gone = classes.map(() => 0);
  const scores = classes.map((): number[] => []), right = classes.map((): boolean[] => []);
  for (const { image } of judged) for (const { class: c } of image.truths) objects[c]!++;
  for (const image of images) {
    for (const c of image.gone) gone[c]!++;
    for (const n of byDescendingScore(image.masks.map(({ score }) => score))) { // which ties of images go by
      const { class: c, score, isRight } = image.masks[n]!;
      scores[c]!.push(score);
      right[c]!.push(isRight);
    }
  }
  return meanOfNumbers(means.map((c) => {
    const left = objects[c]! - gone[c]!;
    if (objects[c]! > 0 && left === 0) return Number(right[c]!.every(Boolean));
    return areaUnderPrecision(right[c]!, scores[c]!, left);
  }));
}
