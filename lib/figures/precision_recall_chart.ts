import type { InstanceMatches } from "../evaluation/instances.ts";
import { precisionRecall } from "../evaluation/average_precision.ts";
import { vocPalette } from "../data/image.ts";
import type { Chart, ChartTrace } from "./chart.ts";

/** Classes and threshold of {@linkcode precisionRecallChart}. */
export interface PrecisionRecallOptions {
  /** IoU that a match needs. */
  readonly iou: number;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * Precision over recall of pseudo instances, a line for each class that has true instances, in VOC's colours (paper:
 * Synthesizing Instance Segmentation Labels). The farther right a line gets, the more instances are found; the higher
 * it stays, the fewer of them are wrong.
 *
 * @param matches Matches of every image.
 * @param options Classes and threshold.
 * @returns The chart.
 */
export function precisionRecallChart(
  matches: readonly InstanceMatches[],
  { iou, classes }: PrecisionRecallOptions,
): Chart {
  const palette = vocPalette();
  const curves = classes.map((name, c) => ({ name, c, ...precisionRecall(matches, { class: c, iou }) }))
    .filter(({ instances }) => instances > 0);
  const best = curves.toSorted((a, b) => b.average - a.average);
  const text = ({ name, average }: { name: string; average: number }) => `${name} (AP ${(100 * average).toFixed(1)})`;
  return {
    title: `Precision over recall, IoU ${iou}`,
    description: best.length === 0
      ? "No true instances are known."
      : `${matches.length} images, ${curves.length} classes; best ${text(best[0]!)}, worst ${text(best.at(-1)!)}.`,
    traces: curves.map((curve): ChartTrace => {
      const at = (curve.c + 1) * 3, color = `rgb(${palette.subarray(at, at + 3).join(",")})`;
      return {
        name: text(curve),
        x: [0, ...curve.recall].map((value) => 100 * value),
        y: [curve.precision[0] ?? 0, ...curve.precision].map((value) => 100 * value),
        mode: "lines",
        line: { color, width: 2.5 },
        hovertemplate: "%{y:.0f} % right at %{x:.0f} % found",
      };
    }),
    isOnLight: true,
    layout: {
      xaxis: { title: { text: "recall, %" }, range: [0, 100] },
      yaxis: { title: { text: "precision, %" }, range: [0, 103] },
      hovermode: "closest",
    },
  };
}
