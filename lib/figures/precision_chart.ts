import type { Metrics } from "../evaluation/metrics.ts";
import type { AveragePrecisions } from "../evaluation/percentages.ts";
import { type Chart, CHART_COLOURS } from "./chart.ts";

/**
 * Average precision over the IoU that a match needs, for the method built up from its parts (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The chart.
 */
export function precisionChart({ ablation }: Pick<Metrics, "ablation">): Chart {
  const parts = [
    { name: "CAM", scores: ablation.cam },
    { name: "+ class boundary", scores: ablation.boundary },
    { name: "+ displacement", scores: ablation.full },
  ];
  return {
    title: "AP over the IoU of a match",
    description:
      `Average precision of pseudo instances on ${ablation.split}: connected components of CAMs, then with ` +
      `class boundaries, then with displacements too.`,
    traces: parts.map(({ name, scores }, n) => {
      const points = precisionPoints(scores);
      const color = CHART_COLOURS[[0, 2, 1][n]!]!;
      return {
        name,
        x: points.map(({ iou }) => iou),
        y: points.map(({ value }) => value),
        mode: "lines+markers",
        line: { color, width: 2.5 },
        marker: { color, size: 7 },
        hovertemplate: "%{y:.1f} at IoU %{x}",
      };
    }),
    layout: { xaxis: { title: { text: "IoU of a match" } }, yaxis: { title: { text: "AP, %" }, rangemode: "tozero" } },
  };
}

/** `ap50` → IoU 0.5, ascending. */
function precisionPoints(scores: AveragePrecisions): { iou: number; value: number | null }[] {
  return Object.entries(scores)
    .filter(([key]) => /^ap\d+$/.test(key))
    .map(([key, value]) => ({ iou: Number(key.slice(2)) / 100, value }))
    .sort((a, b) => a.iou - b.iou);
}
