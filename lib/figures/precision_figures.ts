import { instanceScores, precisionRecall } from "../evaluation/average_precision.ts";
import type { InstanceMatches } from "../evaluation/instances.ts";
import { type Metrics, seedName } from "../evaluation/metrics.ts";
import type { AveragePrecisions } from "../evaluation/percentages.ts";
import { classPalette } from "./colours.ts";
import { axesFromZero, type Chart, CHART_COLOURS, chartFigure, type ChartTrace } from "./chart.ts";
import type { Figure } from "./figure.ts";

/** Axes of average precision over the IoU of a match. */
const OVER_IOU = axesFromZero("IoU of a match", "AP, %");

/** A line of average precisions over the IoU of a match. */
function overIou({ color, ...line }: Pick<ChartTrace, "name" | "x" | "y"> & { readonly color: string }): ChartTrace {
  return {
    ...line,
    mode: "lines+markers",
    line: { color, width: 2.5 },
    marker: { color, size: 7 },
    hovertemplate: "%{y:.1f} at IoU %{x}",
  };
}

/**
 * Average precision over the IoU that a match needs, for the method built up from its parts (paper: Synthesizing
 * Instance Segmentation Labels).
 *
 * @param metrics Results of a run.
 * @returns The chart.
 */
export function precisionChart(metrics: Pick<Metrics, "ablation" | "amn">): Chart {
  const { ablation } = metrics, seed = seedName(metrics);
  const parts = [
    { name: seed, scores: ablation.cam },
    { name: "+ class boundary", scores: ablation.boundary },
    { name: "+ displacement", scores: ablation.full },
  ];
  return {
    title: "AP over the IoU of a match",
    description:
      `Average precision of pseudo instances on ${ablation.split}: connected components of ${
        seed === "CAM" ? "CAMs" : "AMN's maps"
      }, then with ` +
      `class boundaries, then with displacements too.`,
    traces: parts.map(({ name, scores }, n) => {
      const points = precisionPoints(scores);
      const x = points.map(({ iou }) => iou), y = points.map(({ value }) => value);
      return overIou({ name, x, y, color: CHART_COLOURS[[0, 2, 1][n]!]! });
    }),
    layout: OVER_IOU,
  };
}

/** `ap50` → IoU 0.5, ascending. */
function precisionPoints(scores: AveragePrecisions): { iou: number; value: number | null }[] {
  return Object.entries(scores)
    .filter(([key]) => /^ap\d+$/.test(key))
    .map(([key, value]) => ({ iou: Number(key.slice(2)) / 100, value }))
    .sort((a, b) => a.iou - b.iou);
}

/**
 * AP over the IoU that a match needs, of {@linkcode precisionChart}, for the method built up from its parts (paper:
 * Analysis of IRNet).
 *
 * @param metrics Results of a run.
 * @returns The figure.
 */
export function precisionFigure(metrics: Pick<Metrics, "ablation" | "amn">): Figure {
  return chartFigure(precisionChart(metrics));
}

/** Classes and threshold of {@linkcode precisionRecallChart}. */
export interface PrecisionRecallOptions {
  /** IoU that a match needs. */
  readonly iou: number;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * Precision over recall of pseudo instances, a line for each class that has ground-truth instances, in VOC's colours
 * (paper: Synthesizing Instance Segmentation Labels). The farther right a line gets, the more instances are found; the
 * higher it stays, the fewer of them are wrong.
 *
 * @param matches Matches of every image.
 * @param options Classes and threshold.
 * @returns The chart.
 */
export function precisionRecallChart(
  matches: readonly InstanceMatches[],
  { iou, classes }: PrecisionRecallOptions,
): Chart {
  const palette = classPalette();
  const curves = classes.map((name, c) => ({ name, c, ...precisionRecall(matches, { class: c, iou }) }))
    .filter(({ instances }) => instances > 0);
  const best = curves.toSorted((a, b) => b.average - a.average);
  const text = ({ name, average }: { name: string; average: number }) => `${name} (AP ${(100 * average).toFixed(1)})`;
  return {
    title: `Precision over recall, IoU ${iou}`,
    description: best.length === 0
      ? "No ground-truth instances are known."
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

/** Instances that a detector found in every image, compared with those of the ground truth. */
export interface JudgedDetector {
  /** Name in figures. */
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
    traces: detectors.map(({ name, matches }, n) => {
      const { means } = instanceScores(matches, { classes, chosen, ious: IOUS });
      const y = means.map((mean) => Number.isNaN(mean) ? null : 100 * mean);
      return overIou({ name, x: IOUS, y, color: CHART_COLOURS[n]! });
    }),
    layout: OVER_IOU,
  });
}

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
