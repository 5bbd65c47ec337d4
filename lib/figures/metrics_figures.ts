import type { Metrics } from "../evaluation/metrics.ts";
import { barFigure } from "./_bars.ts";
import { chartFigure } from "./chart_figure.ts";
import { CHART_COLOURS } from "./chart.ts";
import type { Figure } from "./figure.ts";
import { precisionChart } from "./precision_chart.ts";
import { thresholdChart } from "./threshold_chart.ts";

/**
 * Mean IoU of CAMs and of pseudo labels over the background score, of {@linkcode thresholdChart} (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function iouThresholdFigure(metrics: Pick<Metrics, "cam" | "semantic">): Figure {
  return chartFigure(thresholdChart(metrics));
}

/**
 * AP over the IoU that a match needs, of {@linkcode precisionChart}, for the method built up from its parts (paper:
 * Analysis of IRNet).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function precisionFigure(metrics: Pick<Metrics, "ablation">): Figure {
  return chartFigure(precisionChart(metrics));
}

/**
 * The ablation as bars: AP50 and AP70 of CAM components, with class boundaries, and with displacements too (paper:
 * Synthesizing Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function ablationFigure({ ablation }: Pick<Metrics, "ablation">): Figure {
  const parts = [["CAM components", ablation.cam], ["+ class boundary", ablation.boundary], [
    "+ displacement",
    ablation.full,
  ]] as const;
  const ious = ["ap50", "ap70"].filter((key) => key in ablation.full) as ("ap50" | "ap70")[];
  return barFigure({
    title: "The method, part by part",
    description: `Average precision of pseudo instances on ${ablation.split}, percent; every row adds a part.`,
    axis: "AP, %",
    series: ious.map((key, n) => ({ name: `AP${key.slice(2)}`, colour: CHART_COLOURS[[1, 0][n]!]! })),
    rows: parts.map(([name, scores]) => ({ name, values: ious.map((key) => scores[key] ?? null) })),
  });
}

/**
 * IoU of every class, of CAMs and of pseudo semantic labels (paper: Synthesizing Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function classIouFigure({ cam, semantic }: Pick<Metrics, "cam" | "semantic">): Figure {
  const names = Object.keys(semantic.perClass).filter((name) => semantic.perClass[name] !== null);
  return barFigure({
    title: "IoU of every class",
    description: `CAMs and pseudo semantic labels on ${semantic.split}, percent, at the thresholds in use.`,
    axis: "IoU, %",
    series: [{ name: "CAM", colour: CHART_COLOURS[0]! }, { name: "Pseudo labels", colour: CHART_COLOURS[1]! }],
    rows: names.map((name) => ({ name, values: [cam.perClass[name] ?? null, semantic.perClass[name] ?? null] })),
  });
}
