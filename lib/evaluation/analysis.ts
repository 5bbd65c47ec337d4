import { bootstrap, interval95, weightedMiou, weightedPrecision } from "./bootstrap.ts";
import { cocoMatchesOf, cocoScores, type CocoSummary } from "./coco_evaluation.ts";
import { type ImageRecord, withoutFragments } from "./image_records.ts";
import { ERROR_TYPES, type ErrorCost, errorScores, type ErrorType } from "./instance_errors.ts";
import { bestMatches, type InstanceOverlaps } from "./instances.ts";
import { percent } from "./percentages.ts";
import { type ClassChoice, type Confusion, emptyConfusion } from "./segmentation.ts";

/** Ends of an interval, percent. */
export type Ends = readonly [low: number, high: number];

/** What is behind the results of a run, percent: the content of `analysis.json`. */
export interface Analysis {
  /** Ends between which 95 of 100 scores lie where images are drawn again; `null` without ground truth. */
  readonly intervals: {
    /** How often images were drawn. */
    readonly draws: number;
    /** Mean IoU of CAMs. */
    readonly cam: Ends | null;
    /** Mean IoU of pseudo semantic labels. */
    readonly semantic: Ends | null;
    /** Mean average precisions of pseudo instances, by IoU: `ap50`, …. */
    readonly instance: Readonly<Record<string, Ends | null>>;
  };
  /** Pixels of pseudo semantic labels: rows ground truth, columns labels, background first. */
  readonly confusion: Confusion;
  /** Errors of pseudo instances at an IoU of 0.5, fragments left out; `null` without their ground truth. */
  readonly errors: InstanceErrors | null;
  /** Pseudo instances by COCO's rules; `null` without their ground truth, as are sizes that do not occur. */
  readonly coco: Readonly<Record<keyof CocoSummary, number | null>> | null;
}

/** Count of an error, and the mean average precision that its correction adds. */
export interface ErrorRow {
  /** Masks, or objects, that have it. */
  readonly count: number;
  /** Percent. */
  readonly gain: number | null;
}

/** Costs of errors, percent, as `ErrorScores` has them. */
export interface InstanceErrors {
  /** Mean average precision as it is. */
  readonly ap50: number | null;
  /** `after`: mean average precision with this and all types before corrected. */
  readonly types: Readonly<Record<ErrorType, ErrorRow & { readonly after: number | null }>>;
  /** Masks over two objects or more. */
  readonly merged: ErrorRow;
  /** Objects of two masks or more. */
  readonly split: ErrorRow;
  /** All wrong masks. */
  readonly falsePositives: ErrorRow;
  /** All objects that no mask is right on. */
  readonly falseNegatives: ErrorRow;
}

/** Draws of the bootstrap. */
const DRAWS = 1000;

/**
 * Works out what is behind the results of a run.
 *
 * @param records One for each image that has pseudo labels, in the order of the list.
 * @param options Classes, IoU thresholds of the intervals, and the run's seed.
 */
export function analyse(
  records: readonly ImageRecord[],
  { ious, seed, ...choice }: ClassChoice & { readonly ious: readonly number[]; readonly seed: number },
): Analysis {
  const semantic = records.flatMap((one) => one.semantic ? [one.semantic] : []);
  const cams = records.flatMap((one) => one.cam ? [one.cam] : []);
  const overlaps = records.flatMap((one) => one.overlaps ?? []), matches = overlaps.map(bestMatches);
  const labels = choice.classes.length + 1, confusion = emptyConfusion(labels);
  for (const [is, called, pixels] of semantic.flat()) confusion.counts[is * labels + called]! += pixels;
  const draws = (images: number, scores: Parameters<typeof bootstrap>[1]) =>
    images === 0 ? scores.map(() => null) : bootstrap(images, scores, { seed, draws: DRAWS }).map(inPercent);
  const instance = draws(matches.length, ious.map((iou) => weightedPrecision(matches, { ...choice, iou })));
  const found = choice.chosen ? choice.classes.flatMap((name, c) => choice.chosen!.includes(name) ? [c] : []) : null;
  return {
    intervals: {
      draws: DRAWS,
      cam: draws(cams.length, [weightedMiou(cams, choice)])[0]!,
      semantic: draws(semantic.length, [weightedMiou(semantic, choice)])[0]!,
      instance: Object.fromEntries(ious.map((iou, n) => [`ap${Math.round(iou * 100)}`, instance[n]!])),
    },
    confusion,
    errors: overlaps.length > 0 ? errorRows(overlaps, choice) : null,
    coco: overlaps.length > 0 ? cocoRow(overlaps, found ?? [...choice.classes.keys()]) : null,
  };
}

function inPercent(values: readonly number[]): Ends | null {
  const ends = interval95(values);
  return ends && [percent(ends[0])!, percent(ends[1])!];
}

function errorRows(overlaps: readonly InstanceOverlaps[], choice: ClassChoice): InstanceErrors {
  const scores = errorScores(overlaps.map(withoutFragments), choice);
  const row = ({ count, gain }: ErrorCost): ErrorRow => ({ count, gain: percent(gain) });
  const types = ERROR_TYPES.map((
    type,
    n,
  ) => [type, { ...row(scores.types[n]!), after: percent(scores.types[n]!.after) }]);
  return {
    ap50: percent(scores.precision),
    types: Object.fromEntries(types),
    merged: row(scores.merged),
    split: row(scores.split),
    falsePositives: row(scores.falsePositives),
    falseNegatives: row(scores.falseNegatives),
  };
}

function cocoRow(overlaps: readonly InstanceOverlaps[], classes: readonly number[]): NonNullable<Analysis["coco"]> {
  const { summary } = cocoScores(overlaps.map(cocoMatchesOf), classes);
  const entries = Object.entries(summary).map(([name, value]) => [name, value < 0 ? null : percent(value)]);
  return Object.fromEntries(entries);
}
