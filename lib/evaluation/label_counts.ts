import type { LabelMap } from "../data/image.ts";
import { expectSameSize } from "./_same_size.ts";

/** Pixels of confident labels, counted. Right and wrong ones leave out what is void in the truth. */
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

/** How far confident labels can be trusted, 0…1; NaN where there are none. */
export interface LabelScores {
  /** Share of the pixels called a class that are of this class. */
  readonly foreground: number;
  /** Share of the pixels called background that are background. */
  readonly background: number;
  /** Share of all pixels that are called nothing. */
  readonly uncertain: number;
}

/** Counts of nothing yet. */
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
 * @param options `predicted`: 0 background, 1… classes, 255 uncertain; `truth`: the same, 255 void.
 * @throws RangeError if the sizes differ.
 */
export function countLabels(
  total: LabelCounts,
  { predicted, truth }: { readonly predicted: LabelMap; readonly truth: LabelMap },
): void {
  expectSameSize(predicted, truth);
  total.pixels += truth.data.length;
  for (let i = 0; i < truth.data.length; i++) {
    const found = predicted.data[i]!, expected = truth.data[i]!;
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

/** Precision of confident foreground and background, and the share that stayed uncertain. */
export function labelScores(counts: LabelCounts): LabelScores {
  return {
    foreground: counts.foregroundRight / (counts.foregroundRight + counts.foregroundWrong),
    background: counts.backgroundRight / (counts.backgroundRight + counts.backgroundWrong),
    uncertain: counts.uncertain / counts.pixels,
  };
}
