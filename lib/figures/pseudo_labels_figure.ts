import type { PredictedMasks } from "../evaluation/instances.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";
import type { Figure } from "./figure.ts";
import { panelFigure } from "./_panels.ts";
import { iouText, pseudoLabelLegend, pseudoLabelPanels } from "./_pseudo_labels.ts";

/** Pseudo labels of one image, beside the truth. */
export interface PseudoLabelRow {
  /** Id of the image. */
  readonly id: string;
  /** The photograph. */
  readonly image: RgbImage;
  /** Pseudo semantic labels. */
  readonly semantic: LabelMap;
  /** Pseudo instances; `null`: not shown. */
  readonly instances?: PredictedMasks | null;
  /** True classes, 255 void; `null`: none are known. */
  readonly truth?: LabelMap | null;
  /** True instances, 255 void; `null`: none are known. */
  readonly objects?: LabelMap | null;
  /** Mean IoU of the semantic labels over the labels that occur, percent; `null` without truth. */
  readonly iou?: number | null;
}

/**
 * Pseudo instances and pseudo semantic labels of many images, beside the truth that no training saw (paper:
 * Synthesizing Instance Segmentation Labels).
 *
 * @param rows The images.
 * @param options Names of all classes.
 * @returns The figure.
 * @throws RangeError without images, or if sizes differ.
 */
export function pseudoLabelsFigure(
  rows: readonly PseudoLabelRow[],
  { classes }: { readonly classes: readonly string[] },
): Figure {
  if (rows.length === 0) throw new RangeError("Expected at least one image but found none");
  return panelFigure({
    title: "Pseudo labels beside the truth",
    subtitle:
      "Made from class names alone. Instances have one colour each, which means nothing else; white lines part " +
      "true instances.",
    columns: ["photograph", "pseudo instances", "pseudo semantic labels", "truth"],
    rows: rows.map((row) => ({ heading: row.id, note: iouText(row.iou), panels: pseudoLabelPanels(row) })),
    legend: pseudoLabelLegend(rows, classes),
  });
}
