import type { Metrics } from "../evaluation/metrics.ts";
import { type Chart, CHART_COLOURS, type ChartTrace } from "./chart.ts";

/**
 * Mean IoU of CAMs and of pseudo labels over the score of the background (paper: Synthesizing Instance Segmentation
 * Labels). A diamond marks the threshold in use.
 *
 * @param metrics Results of a run.
 * @returns The chart.
 */
export function thresholdChart({ cam, semantic }: Pick<Metrics, "cam" | "semantic">): Chart {
  const parts = [{ name: "CAM", part: cam }, { name: "Pseudo labels", part: semantic }];
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
    layout: {
      xaxis: { title: { text: "background score" } },
      yaxis: { title: { text: "mIoU, %" }, rangemode: "tozero" },
    },
  };
}
