import { type SparseConfusion, sparseConfusion } from "./bootstrap.ts";
import { ERROR_TYPES, type ErrorType, judgeInstances } from "./instance_errors.ts";
import type { InstanceOverlaps } from "./instances.ts";
import type { Measurement } from "./metrics.ts";
import { percent } from "./percentages.ts";
import { type Confusion, segmentationScores } from "./segmentation.ts";
import type { Sweep } from "./sweep.ts";

/** Results on one image: a line of `images.jsonl`. */
export interface ImageRecord {
  /** Id. */
  readonly id: string;
  /** Names of its classes. */
  readonly classes: readonly string[];
  /** Mean IoU of its pseudo semantic labels over background and the classes in it, percent; `null` without ground truth. */
  readonly miou: number | null;
  /** Counts of its instances at an IoU of 0.5; `null` without their ground truth. */
  readonly instances: InstanceCounts | null;
  /** The worst of what is wrong, in words; `null` where that is not known. */
  readonly reason: string | null;
  /** Pixels of pseudo semantic labels at the threshold in use: `[truth, predicted, pixels]`, 0 background. */
  readonly semantic: SparseConfusion | null;
  /** The same of CAMs. */
  readonly cam: SparseConfusion | null;
  /** Pseudo instances, and what they lie on. */
  readonly overlaps: InstanceOverlaps | null;
}

/** Counts of instances: all, those that are right, and those of each error as `judgeInstances()` names them; fragments left out. */
export type InstanceCounts = Readonly<
  Record<"true" | "found" | "right" | "merged" | "split" | ErrorType, number>
>;

/** Names, and thresholds in use. */
export interface ImageRecordOptions {
  /** Id of the image. */
  readonly id: string;
  /** Its classes, 0-based. */
  readonly labels: readonly number[];
  /** Names of all classes. */
  readonly names: readonly string[];
  /** Background scores of CAMs and of semantic labels. */
  readonly thresholds: { readonly cam: number; readonly semantic: number };
  /** Why classes that it is labelled with have no instance. */
  readonly missing: readonly string[];
}

/** Puts together what is known of an image. @throws RangeError if a label is not that of a class. */
export function imageRecord(
  { cam, semantic, overlaps, unusable }: Measurement,
  { id, labels, names, thresholds, missing }: ImageRecordOptions,
): ImageRecord {
  const pixels = semantic && confusionAt(semantic, thresholds.semantic), cams = cam && confusionAt(cam, thresholds.cam);
  const masks = overlaps && withoutFragments(overlaps);
  const reasons = [
    ...unusable === undefined ? [] : [unusable],
    ...masks ? instanceMistakes(masks, names) : [],
    ...missing,
    ...pixels ? [worstMistake(pixels, names)] : [],
  ];
  return {
    id,
    classes: labels.map((label) => names[label]!),
    miou: pixels ? percent(segmentationScores(pixels, { classes: names }).mean) : null,
    instances: masks ? countInstances(masks) : null,
    reason: reasons.length > 0 ? reasons.join("; ") : null,
    semantic: pixels ? sparseConfusion(pixels) : null,
    cam: cams ? sparseConfusion(cams) : null,
    overlaps: overlaps ?? null,
  };
}

/** Instances without fragments, which synthesis leaves a score of 0: no labels are made of these. */
export function withoutFragments({ truths, found }: InstanceOverlaps): InstanceOverlaps {
  return { truths, found: found.filter(({ score }) => score > 0) };
}

function confusionAt({ thresholds, confusions }: Sweep, threshold: number): Confusion {
  const at = thresholds.findIndex((t) => Math.abs(t - threshold) < 1e-9);
  if (at < 0) throw new Error(`Expected counts at ${threshold} but found ${thresholds.join(", ")}`);
  return confusions[at]!;
}

function countInstances(overlaps: InstanceOverlaps): InstanceCounts {
  const { found, truths } = judgeInstances(overlaps);
  const errors = ERROR_TYPES.map((type) => [type, found.filter(({ error }) => error === type).length]);
  return {
    true: truths.length,
    found: found.length,
    right: found.filter(({ error }) => error === null).length,
    merged: found.filter(({ merges }) => merges.length > 0).length,
    split: truths.filter(({ pieces }) => pieces.length > 0).length,
    ...Object.fromEntries(errors) as Record<ErrorType, number>,
    missed: truths.filter(({ isMissed }) => isMissed).length,
  };
}

/** Mistakes about instances, in words: merged, split, called another class, badly placed, missed. */
function instanceMistakes(overlaps: InstanceOverlaps, names: readonly string[]): string[] {
  const { found, truths } = judgeInstances(overlaps), merged = found.flatMap(({ merges }) => merges);
  const nameOf = (t: number) => names[overlaps.truths[t]!.class]!;
  const counted = (of: readonly string[]) =>
    Object.entries(Object.groupBy(of, (text) => text)).map(([text, all]) => `${all!.length} ${text}`);
  return [
    ...found.flatMap(({ merges }) => merges.length > 0 ? [`${merges.length} ${nameOf(merges[0]!)} in one mask`] : []),
    ...truths.flatMap(({ pieces }, t) => pieces.length > 0 ? [`1 ${nameOf(t)} in ${pieces.length} masks`] : []),
    ...counted(found.flatMap(({ error, truth, merges }, n) => {
      if (error === "class") return [`${nameOf(truth)} called ${names[overlaps.found[n]!.class]}`];
      const isPiece = truth >= 0 && truths[truth]!.pieces.includes(n);
      return error === "localisation" && merges.length === 0 && !isPiece ? [`${nameOf(truth)} below IoU 0.5`] : [];
    })),
    ...counted(truths.flatMap(({ isMissed }, t) => isMissed && !merged.includes(t) ? [`${nameOf(t)} missed`] : [])),
  ];
}

/**
 * The worst of what is wrong with the labels of an image, in words: which class spills over, is missed or is taken for
 * another, and by how much.
 *
 * @param confusion Its pixels.
 * @param names Names of all classes.
 * @returns A few words, such as `cat: 62 % missed, called background`.
 */
export function worstMistake({ labels, counts }: Confusion, names: readonly string[]): string {
  const nameOf = (label: number) => label === 0 ? "background" : names[label - 1]!;
  const at = (is: number, called: number) => counts[is * labels + called]!;
  const all = Array.from({ length: labels }, (_, label) => label);
  const fraction = (part: number, whole: readonly number[]) =>
    `${(100 * part / whole.reduce((a, b) => a + b, 0)).toFixed(0)}\u00a0%`;
  let worst = { pixels: 0, is: 0, called: 0 };
  for (const is of all) {
    for (const called of all) {
      if (called !== is && at(is, called) > worst.pixels) worst = { pixels: at(is, called), is, called };
    }
  }
  const { pixels, is, called } = worst;
  if (pixels === 0) return "nothing wrong";
  return is === 0
    ? `${nameOf(called)}: ${fraction(pixels, all.map((other) => at(other, called)))} of its mask lies on background`
    : `${nameOf(is)}: ${fraction(pixels, all.map((other) => at(is, other)))} missed, called ${nameOf(called)}`;
}
