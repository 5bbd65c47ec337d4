import { type Metrics, seedName } from "../evaluation/metrics.ts";
import type { PowerSweep } from "../evaluation/sweep.ts";
import { barFigure } from "./_bars.ts";
import { axesFromZero, type Chart, CHART_COLOURS, chartFigure, type ChartTrace } from "./chart.ts";
import type { Figure } from "./figure.ts";

/**
 * Mean IoU of CAMs and of pseudo labels over the score of the background (paper: Synthesizing Instance Segmentation
 * Labels). A diamond marks the threshold in use.
 *
 * @param metrics Results of a run.
 * @returns The chart.
 */
export function thresholdChart({ cam, amn, semantic }: Pick<Metrics, "cam" | "amn" | "semantic">): Chart {
  const parts = [{ name: "CAM", part: cam }, ...(amn ? [{ name: "AMN", part: amn }] : []), {
    name: "Pseudo labels",
    part: semantic,
  }];
  const traces = parts.flatMap(({ name, part }, n): ChartTrace[] => {
    const color = CHART_COLOURS[n]!;
    return [{
      name,
      x: part.curve.map(({ threshold }) => threshold),
      y: part.curve.map(({ miou }) => miou),
      mode: "lines+markers",
      line: { color, width: 2.5 },
      marker: { color, size: 6 },
      hovertemplate: "%{y:.1f} at %{x}",
    }, {
      name: `${name}: in use`,
      x: [part.threshold],
      y: [part.miou],
      mode: "markers",
      marker: { color, size: 15, symbol: "diamond-open", line: { width: 2.5 } },
      hovertemplate: "%{y:.1f} at %{x}, in use",
      showlegend: false,
    }];
  });
  const best = parts.map(({ name, part }) =>
    `${name} is best at ${part.best.threshold} with ${part.best.miou?.toFixed(1) ?? "–"}`
  );
  return {
    title: "Mean IoU over the background score",
    description: `${best.join("; ")} (percent, ${cam.split}). Diamonds: thresholds in use.`,
    traces,
    layout: axesFromZero("background score", "mIoU, %"),
  };
}

/** Mean IoU of pseudo labels over the score of the background, a line for each power of the CAMs. */
export function powerChart({ split, rows, best }: PowerSweep): Chart {
  return {
    title: "Mean IoU of pseudo labels by power of the CAMs",
    description: `Best with power ${best.power} at ${best.threshold}: ${
      best.miou?.toFixed(1) ?? "–"
    } percent on ${split}.`,
    traces: rows.map(({ power, curve }, n): ChartTrace => ({
      name: `power ${power}`,
      x: curve.map(({ threshold }) => threshold),
      y: curve.map(({ miou }) => miou),
      mode: "lines+markers",
      line: { color: CHART_COLOURS[n % CHART_COLOURS.length]!, width: 2.5 },
      hovertemplate: "%{y:.1f} at %{x}",
    })),
    layout: axesFromZero("background score", "mIoU, %"),
  };
}

/**
 * Mean IoU of CAMs and of pseudo labels over the background score, of {@linkcode thresholdChart} (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function iouThresholdFigure(metrics: Pick<Metrics, "cam" | "amn" | "semantic">): Figure {
  return chartFigure(thresholdChart(metrics));
}

/**
 * The ablation as bars: AP50 and AP70 of CAM components, with class boundaries, and with displacements too (paper:
 * Synthesizing Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function ablationFigure(metrics: Pick<Metrics, "ablation" | "amn">): Figure {
  const { ablation } = metrics;
  const parts = Object.entries({
    [`${seedName(metrics)} components`]: ablation.cam,
    "+ class boundary": ablation.boundary,
    "+ displacement": ablation.full,
  });
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
