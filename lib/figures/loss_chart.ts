import { type Chart, CHART_COLOURS } from "./chart.ts";

/** What a training logged. */
export interface TrainingLog {
  /** What was trained. */
  readonly title: string;
  /** One entry a step, in their order. */
  readonly steps: readonly { readonly step: number; readonly loss: number; readonly learningRate: number }[];
}

/** More points than these are averaged: a chart has no more pixels. */
const MOST_POINTS = 400;

/**
 * The loss of a training, step by step and smoothed.
 *
 * @param log What it logged.
 * @returns The chart.
 */
export function lossChart({ title, steps }: TrainingLog): Chart {
  const points = averaged(steps);
  const x = points.map(({ step }) => step), y = points.map(({ loss }) => loss);
  const color = CHART_COLOURS[1]!;
  const smooth = smoothed(y);
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

function averaged(steps: TrainingLog["steps"]): { step: number; loss: number }[] {
  const each = Math.max(1, Math.ceil(steps.length / MOST_POINTS));
  return Array.from({ length: Math.ceil(steps.length / each) }, (_, n) => {
    const group = steps.slice(n * each, (n + 1) * each);
    return { step: group[0]!.step, loss: group.reduce((sum, { loss }) => sum + loss, 0) / group.length };
  });
}

/** Means over neighbours on both sides, a twentieth of all; fewer at the ends. */
function smoothed(values: readonly number[]): number[] {
  const reach = Math.round(values.length / 40);
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}
