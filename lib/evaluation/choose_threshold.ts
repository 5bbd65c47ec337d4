/**
 * Thresholds chosen from maps alone, without ground truth.
 *
 * **Class attention maps** are cut at many thresholds, and a dense CRF refines each of the cuts. Two things tell a good
 * outline: the CRF, which moves outlines to the edges of the image, leaves it where it is (agreement: IoU of the cuts and
 * their refinements, of which background and the mean over the classes count a half each, whatever the number of classes);
 * and it hardly moves with the threshold (stability: the area at the next higher cut as a fraction of that at the next
 * lower one). Either alone misleads: agreement stays as high on the way to small cores of objects, and stability is high
 * wherever much of the image is foreground. Their product has one broad top, of which the threshold is the centre: the mean
 * of the cuts within 3 %, weighted by how far they rise above that.
 *
 * **Pseudo labels**: the walk smooths maps along edges, so that a CRF agrees with any of their cuts, also with those that
 * spilled over. But it moves foreground and should make none: wanted are the areas that the classes have in the class
 * attention maps at their threshold. The threshold is where the fraction of these areas that the cut meets, times its
 * stability, is highest.
 *
 * **Confident areas** lie around the threshold of the maps, foreground 0.1 above and background 0.1 below it as in the
 * literature, unless the fraction of pixels that stay uncertain speaks against that: a band of less than 5 % is thinner than
 * outlines are wrong, so it is widened; one of more than 30 % leaves few confident pixels near each other to pair, so it is
 * narrowed.
 * @module
 */
import { addSweep, emptySweep, type Sweep } from "./sweep.ts";
import { type ClassChoice, type Confusion, segmentationScores } from "./segmentation.ts";

/** Thresholds that maps are cut at: 0.05, 0.1, … 0.9. */
export const CUTS: readonly number[] = Array.from({ length: 18 }, (_, i) => (i + 1) / 20);

/** Counts of the cuts of an image's map, or of those of many images; they survive JSON. */
export interface CutCounts {
  /** [cuts, labels], pixels of each label, background included. */
  readonly areas: number[][];
  /** Cuts by ground truth; `null` where there is none. */
  readonly truth: Sweep | null;
  /** Cuts by what the CRF makes of them, in place of ground truth; `null` where it was not asked. */
  readonly refined: Sweep | null;
  /** [cuts, cuts], pixels left uncertain by the refined foreground of one cut and background of a lower one. */
  readonly uncertain: number[][];
}

/** Makes counts of nothing yet, for a number of labels with the background. */
export function emptyCuts(labels: number, { truth, refined }: { truth: boolean; refined: boolean }): CutCounts {
  const zeros = (count: number) => CUTS.map(() => new Array<number>(count).fill(0));
  return {
    areas: zeros(labels),
    truth: truth ? emptySweep(CUTS, labels) : null,
    refined: refined ? emptySweep(CUTS, labels) : null,
    uncertain: zeros(CUTS.length),
  };
}

/** Adds counts to others, each part where both have it. */
export function addCuts(total: CutCounts, part: CutCounts): void {
  for (const key of ["areas", "uncertain"] as const) {
    part[key].forEach((row, t) => row.forEach((count, i) => total[key][t]![i]! += count));
  }
  for (const key of ["truth", "refined"] as const) if (total[key] && part[key]) addSweep(total[key], part[key]);
}

/** What maps alone say of a cut, each 0…1; `null` where it says nothing. */
export interface CutQuality {
  /** The threshold. */
  readonly threshold: number;
  /** IoU with the refinement: the mean of that of the background and of the mean over classes. */
  readonly agreement: number | null;
  /** Area at the next cut as a fraction of that at the one before. */
  readonly stability: number | null;
}

/**
 * Chooses the threshold of class attention maps, as this module says.
 *
 * @param counts Counts of all images.
 * @param choice Class names, and those that enter means.
 * @returns The threshold, one of {@linkcode CUTS}; the centre that it is nearest to; what it was chosen by.
 * @throws Error if the maps hold no foreground.
 */
export function chooseCut(
  { areas, refined }: CutCounts,
  choice: ClassChoice,
): { threshold: number; centre: number; qualities: CutQuality[] } {
  const known = (value: number) => Number.isFinite(value) ? value : null;
  const qualities = CUTS.map((threshold, t): CutQuality => ({
    threshold,
    agreement: refined && known(agreement(refined.confusions[t]!, choice)),
    stability: known(stability(areas, t)),
  }));
  const products = qualities.map(({ agreement, stability }) => (agreement ?? 0) * (stability ?? 0));
  const top = Math.max(...products), weights = products.map((product) => Math.max(0, product - 0.97 * top));
  if (top === 0) throw new Error("Expected class attention maps with foreground but found none above 0.05");
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const centre = sum(weights.map((weight, t) => weight * CUTS[t]!)) / sum(weights);
  return { threshold: nearestCut(centre), centre, qualities };
}

function agreement(confusion: Confusion, choice: ClassChoice): number {
  const { rows: [background, ...classes] } = segmentationScores(confusion, choice);
  const ious = classes.filter(({ name, iou }) => (choice.chosen?.includes(name) ?? true) && !Number.isNaN(iou));
  return (background!.iou + ious.reduce((sum, { iou }) => sum + iou, 0) / ious.length) / 2;
}

/** The cut nearest to a value; of two the lower. */
function nearestCut(value: number): number {
  return CUTS.reduce((best, cut) => Math.abs(cut - value) < Math.abs(best - value) - 1e-9 ? cut : best);
}

/** Foreground at the next cut as a fraction of that at the one before; NaN where there is no such, or none. */
function stability(areas: CutCounts["areas"], t: number): number {
  const foreground = (t: number) => areas[t]?.slice(1).reduce((sum, area) => sum + area, 0) ?? NaN;
  return foreground(t + 1) / foreground(t - 1);
}

/**
 * Chooses the threshold of pseudo labels, as this module says.
 *
 * @param labels Counts of the maps after the walk.
 * @param cams Counts of the class attention maps of the same images.
 * @param centre That of {@linkcode chooseCut}.
 * @returns The threshold, one of {@linkcode CUTS}.
 */
export function chooseLabelCut({ areas }: CutCounts, cams: CutCounts, centre: number): number {
  const place = Math.min(Math.max(20 * centre - 1, 0), CUTS.length - 1), low = Math.floor(place);
  const wanted = cams.areas[low]!.map((area, label) =>
    area + (place - low) * ((cams.areas[low + 1] ?? cams.areas[low]!)[label]! - area)
  );
  const all = wanted.slice(1).reduce((sum, area) => sum + area, 0);
  const values = CUTS.map((_, t) => {
    const away = areas[t]!.reduce((sum, area, label) => label > 0 ? sum + Math.abs(area - wanted[label]!) : sum, 0);
    const value = stability(areas, t) * (1 - away / all);
    return Number.isNaN(value) ? -Infinity : value;
  });
  return CUTS[values.indexOf(Math.max(...values))]!;
}

/** Bounds of the fraction of uncertain pixels. */
const LEAST_UNCERTAIN = 0.05, MOST_UNCERTAIN = 0.3;

/** Thresholds of the confident areas of foreground and background, and the fraction of pixels that they leave uncertain. */
export interface ConfidentCuts {
  /** Confident foreground is above. */
  readonly foreground: number;
  /** Confident background is below. */
  readonly background: number;
  /** 0…1. */
  readonly uncertain: number;
}

/** Chooses the thresholds of confident areas around that of class attention maps, as this module says. */
export function chooseConfident({ areas, uncertain }: CutCounts, threshold: number): ConfidentCuts {
  const at = CUTS.indexOf(threshold), pixels = areas[0]!.reduce((sum, area) => sum + area, 0);
  const band = (width: number): ConfidentCuts => {
    const high = Math.min(at + width, CUTS.length - 1), low = Math.max(at - width, 0);
    return { foreground: CUTS[high]!, background: CUTS[low]!, uncertain: uncertain[high]![low]! / pixels };
  };
  const usual = band(2);
  if (usual.uncertain > MOST_UNCERTAIN) return band(1);
  return usual.uncertain < LEAST_UNCERTAIN ? band(3) : usual;
}
