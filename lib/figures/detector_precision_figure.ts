import { instanceScores } from "../evaluation/average_precision.ts";
import type { InstanceMatches } from "../evaluation/instances.ts";
import { CHART_COLOURS, type ChartTrace } from "./chart.ts";
import { chartFigure } from "./chart_figure.ts";
import type { Figure } from "./figure.ts";

/** What a detector found in every image, compared with the true instances. */
export interface JudgedDetector {
  /** What figures call it. */
  readonly name: string;
  /** Matches of every image. */
  readonly matches: readonly InstanceMatches[];
}

/** IoUs that a match may need: 0.25, 0.3, …, 0.95. */
const IOUS = Array.from({ length: 15 }, (_, n) => (25 + 5 * n) / 100);

/**
 * Mean average precision of detectors over the IoU that a match needs (paper: Experiments).
 *
 * @param detectors Up to five.
 * @param options Names of all classes, and of those that enter the mean; `null`: all.
 * @returns The figure.
 * @throws RangeError without a detector.
 */
export function detectorPrecisionFigure(
  detectors: readonly JudgedDetector[],
  { classes, chosen = null }: { readonly classes: readonly string[]; readonly chosen?: readonly string[] | null },
): Figure {
  if (detectors.length === 0) throw new RangeError("Expected at least one detector but found none");
  return chartFigure({
    title: "AP over the IoU of a match",
    description: `Mean average precision in percent on ${detectors[0]!.matches.length} images.`,
    traces: detectors.map(({ name, matches }, n): ChartTrace => {
      const { means } = instanceScores(matches, { classes, chosen, ious: IOUS }), color = CHART_COLOURS[n]!;
      return {
        name,
        x: IOUS,
        y: means.map((mean) => Number.isNaN(mean) ? null : 100 * mean),
        mode: "lines+markers",
        line: { color, width: 2.5 },
        marker: { color, size: 7 },
        hovertemplate: "%{y:.1f} at IoU %{x}",
      };
    }),
    layout: { xaxis: { title: { text: "IoU of a match" } }, yaxis: { title: { text: "AP, %" }, rangemode: "tozero" } },
  });
}
