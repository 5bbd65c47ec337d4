import { chartFigure } from "./chart_figure.ts";
import type { JudgedDetector } from "./detector_precision_figure.ts";
import type { Figure } from "./figure.ts";
import { precisionRecallChart, type PrecisionRecallOptions } from "./precision_recall_chart.ts";

const DASHES = ["solid", "dash", "dot"] as const;

/**
 * Precision over recall of detectors, a line for each class as of {@linkcode precisionRecallChart}: solid for the first
 * detector, dashed for the second, dotted for the third (paper: Experiments).
 *
 * @param detectors Up to three.
 * @param options Classes and threshold.
 * @returns The figure.
 * @throws RangeError without a detector.
 */
export function detectorRecallFigure(detectors: readonly JudgedDetector[], options: PrecisionRecallOptions): Figure {
  const charts = detectors.map(({ matches }) => precisionRecallChart(matches, options));
  if (charts.length === 0) throw new RangeError("Expected at least one detector but found none");
  return chartFigure({
    ...charts[0]!,
    description: charts.map(({ description }, n) => `${detectors[n]!.name} (${DASHES[n]}): ${description}`).join(" "),
    traces: charts.flatMap(({ traces }, n) =>
      traces.map((trace) => ({
        ...trace,
        name: `${detectors[n]!.name}: ${trace.name}`,
        line: { ...trace.line, dash: DASHES[n] },
      }))
    ),
  });
}
