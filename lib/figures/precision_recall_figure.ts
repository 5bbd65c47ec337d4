import type { InstanceMatches } from "../evaluation/instances.ts";
import { chartFigure } from "./chart_figure.ts";
import type { Figure } from "./figure.ts";
import { precisionRecallChart, type PrecisionRecallOptions } from "./precision_recall_chart.ts";

/**
 * Precision over recall of pseudo instances, class by class, of {@linkcode precisionRecallChart} (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param matches Matches of every image.
 * @param options Classes and threshold.
 * @returns The figure.
 */
export function precisionRecallFigure(matches: readonly InstanceMatches[], options: PrecisionRecallOptions): Figure {
  return chartFigure(precisionRecallChart(matches, options));
}
