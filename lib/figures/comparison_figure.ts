import type { SemanticRow } from "../evaluation/comparison.ts";
import { barFigure } from "./_bars.ts";
import { CHART_COLOURS } from "./chart.ts";
import type { Figure } from "./figure.ts";

/** Scores of labels, and of the network trained on them, by the names of the labels: a part of a comparison's tables. */
export interface ComparedLabels {
  /** Labels of training images. */
  readonly pseudoLabels: { readonly split: string; readonly semantic: Readonly<Record<string, SemanticRow>> };
  /** DeepLab on validation images. */
  readonly deepLab: { readonly split: string; readonly rows: Readonly<Record<string, SemanticRow>> };
}

/**
 * What semantic labels are worth: their own mean IoU, and that of DeepLab after training on them, beside DeepLab after
 * training on the true masks (paper: Experiments).
 *
 * @param tables Tables of a comparison.
 * @returns The figure.
 */
export function comparisonFigure({ pseudoLabels, deepLab }: ComparedLabels): Figure {
  const images = (rows: Readonly<Record<string, SemanticRow>>) => `${Object.values(rows)[0]?.images ?? 0} images`;
  return barFigure({
    title: "What labels are worth",
    description: `Mean IoU in percent: of the labels on ${pseudoLabels.split} (${images(pseudoLabels.semantic)}), ` +
      `and of DeepLab, trained on them, on ${deepLab.split} (${images(deepLab.rows)}).`,
    axis: "mIoU, %",
    series: [{ name: "the labels", colour: CHART_COLOURS[0]! }, {
      name: "DeepLab trained on them",
      colour: CHART_COLOURS[1]!,
    }],
    rows: Object.keys(deepLab.rows).map((name) => ({
      name,
      values: [pseudoLabels.semantic[name]?.miou ?? null, deepLab.rows[name]!.miou], // true masks are not judged
    })),
  });
}
