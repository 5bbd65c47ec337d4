import { type Chart, CHART_COLOURS } from "./chart.ts";
import type { TrainingLog } from "./loss_chart.ts";

/** More points than these are left out: a chart has no more pixels. */
const MOST_POINTS = 400;

/**
 * The learning rate of a training, step by step.
 *
 * @param log What it logged.
 * @returns The chart.
 */
export function learningRateChart({ title, steps }: TrainingLog): Chart {
  const each = Math.max(1, Math.ceil(steps.length / MOST_POINTS));
  const points = steps.filter((_, n) => n % each === 0 || n === steps.length - 1);
  const rates = points.map(({ learningRate }) => learningRate);
  const color = CHART_COLOURS[2]!;
  return {
    title: title.replace(/^Loss/, "Learning rate"),
    description: `From ${short(rates[0])} over at most ${short(Math.max(...rates))} to ${short(rates.at(-1))} in ` +
      `${steps.length} steps.`,
    traces: [{
      name: "learning rate",
      x: points.map(({ step }) => step),
      y: rates,
      mode: "lines",
      line: { color, width: 2.5 },
      hovertemplate: "%{y:.4g}",
    }],
    layout: {
      xaxis: { title: { text: "step" } },
      yaxis: { title: { text: "learning rate" }, rangemode: "tozero" },
    },
  };
}

const short = (value: number | undefined) => value === undefined ? "–" : String(Number(value.toPrecision(2)));
