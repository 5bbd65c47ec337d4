import { failureReason } from "./failure_reason.ts";
import type { Figure } from "./figure.ts";
import { panelFigure } from "./_panels.ts";
import { iouText, pseudoLabelLegend, pseudoLabelPanels } from "./_pseudo_labels.ts";
import type { PseudoLabelRow } from "./pseudo_labels_figure.ts";

/** Names and number of {@linkcode failuresFigure}. */
export interface FailuresFigureOptions {
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Number of images. */
  readonly count?: number;
}

/**
 * The images whose pseudo semantic labels are worst, each with the mistake that costs most pixels (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param rows Images with true masks, good and bad; those without are left out.
 * @param options Names and number.
 * @returns The figure, worst image first.
 * @throws RangeError if no image has true masks and an IoU.
 */
export function failuresFigure(
  rows: readonly PseudoLabelRow[],
  { classes, count = 5 }: FailuresFigureOptions,
): Figure {
  const worst = rows.filter(({ truth, iou }) => truth && typeof iou === "number")
    .sort((a, b) => a.iou! - b.iou!)
    .slice(0, count);
  if (worst.length === 0) throw new RangeError("Expected images with true masks but found none");
  return panelFigure({
    title: "Failures: the images with the lowest IoU",
    subtitle: "Below each name the mean IoU over the labels that occur, and the mistake that costs most pixels.",
    columns: ["photograph", "pseudo instances", "pseudo semantic labels", "truth"],
    rows: worst.map((row) => ({
      heading: row.id,
      note: `${iouText(row.iou)}. ${failureReason(row.semantic, { truth: row.truth!, classes })}`,
      panels: pseudoLabelPanels(row),
    })),
    legend: pseudoLabelLegend(worst, classes),
  });
}
