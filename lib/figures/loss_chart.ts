import { type Chart, CHART_COLOURS } from "./chart.ts";
import { smoothedLosses } from "./_smoothed_losses.ts";

/** What a training logged. */
export interface TrainingLog {
  /** What was trained. */
  readonly title: string;
  /** One entry a step, in their order. */
  readonly steps: readonly { readonly step: number; readonly loss: number; readonly learningRate: number }[];
}

/**
 * The loss of a training, step by step and smoothed.
 *
 * @param log What it logged.
 * @returns The chart.
 */
export function lossChart({ title, steps }: TrainingLog): Chart {
  const { step: x, loss: y, smooth } = smoothedLosses(steps);
  const color = CHART_COLOURS[1]!;
  const [first, last] = [smooth[0], smooth.at(-1)].map((loss) => loss?.toPrecision(3) ?? "–");
  return {
    title,
    description: `Loss over ${steps.length} steps, from ${first} to ${last} (smoothed).`,
    traces: [
      { name: "loss", x, y, mode: "lines", line: { color: `${color}66`, width: 1 }, hovertemplate: "%{y:.4g}" },
      { name: "smoothed", x, y: smooth, mode: "lines", line: { color, width: 2.5 }, hovertemplate: "%{y:.4g}" },
    ],
    layout: { xaxis: { title: { text: "step" } }, yaxis: { title: { text: "loss" }, rangemode: "tozero" } },
  };
}
