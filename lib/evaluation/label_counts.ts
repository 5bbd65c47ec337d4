import type { LabelMap } from "../data/image.ts";
import { expectSameSize } from "./_shared.ts";

/** Counts of the pixels of confident labels. Right and wrong ones leave out what is void in the ground truth. */
export interface LabelCounts {
  /** Called a class, and of that class. */
  foregroundRight: number;
  /** Called a class, and anything else. */
  foregroundWrong: number;
  /** Called background, and background. */
  backgroundRight: number;
  /** Called background, and a class. */
  backgroundWrong: number;
  /** Called nothing: 255. */
  uncertain: number;
  /** All, void included. */
  pixels: number;
}

/** Precision of confident labels, 0…1; NaN where there are none. */
export interface LabelScores {
  /** Fraction of the pixels called a class that are of this class. */
  readonly foreground: number;
  /** Fraction of the pixels called background that are background. */
  readonly background: number;
  /** Fraction of all pixels that are called nothing. */
  readonly uncertain: number;
}

/** Makes counts of nothing yet. */
export function emptyLabelCounts(): LabelCounts {
  return {
    foregroundRight: 0,
    foregroundWrong: 0,
    backgroundRight: 0,
    backgroundWrong: 0,
    uncertain: 0,
    pixels: 0,
  };
}

/**
 * Counts the confident labels of one image (paper: Inter-pixel Relation Mining from CAMs).
 *
 * @param total Counts that those of the image are added to.
 * @param options `predicted`: 0 background, 1… classes, 255 uncertain; `groundTruth`: the same, 255 void.
 * @throws RangeError if the sizes differ.
 */
export function countLabels(
  total: LabelCounts,
  { predicted, groundTruth }: { readonly predicted: LabelMap; readonly groundTruth: LabelMap },
): void {
  expectSameSize(predicted, groundTruth);
  total.pixels += groundTruth.data.length;
  for (let i = 0; i < groundTruth.data.length; i++) {
    const found = predicted.data[i]!, expected = groundTruth.data[i]!;
    if (found === 255) total.uncertain++;
    else if (expected === 255) continue;
    else if (found > 0) found === expected ? total.foregroundRight++ : total.foregroundWrong++;
    else expected === 0 ? total.backgroundRight++ : total.backgroundWrong++;
  }
}

/** Adds counts to others. */
export function addLabelCounts(total: LabelCounts, part: LabelCounts): void {
  for (const key of Object.keys(total) as (keyof LabelCounts)[]) total[key] += part[key];
}

/** Works out the precision of confident foreground and background, and the fraction that stayed uncertain. */
export function labelScores(counts: LabelCounts): LabelScores {
  return {
    foreground: counts.foregroundRight / (counts.foregroundRight + counts.foregroundWrong),
    background: counts.backgroundRight / (counts.backgroundRight + counts.backgroundWrong),
    uncertain: counts.uncertain / counts.pixels,
  };
}
