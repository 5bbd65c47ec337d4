import { axesFromZero, type Chart, CHART_COLOURS, chartFigure, type ChartTrace } from "./chart.ts";
import type { Figure } from "./figure.ts";

/** Log of a training. */
export interface TrainingLog {
  /** Name of what was trained, such as `Loss of IRNet`. */
  readonly title: string;
  /** One entry a step, in their order. */
  readonly steps: readonly LoggedStep[];
}

/** Line of a log. */
export interface LoggedStep {
  /** The step, from 0. */
  readonly step: number;
  /** Loss of its batch. */
  readonly loss: number;
  /** Learning rate, before factors. */
  readonly learningRate: number;
  /** The loss in parts, by name. */
  readonly parts?: Readonly<Record<string, number>>;
}

/** Number of points that a chart has pixels for: losses are averaged down to it, learning rates thinned out. */
const MOST_POINTS = 400;

/** Colour of the loss, and those of its parts. */
const LOSS_COLOUR = CHART_COLOURS[1]!, PART_COLOURS = CHART_COLOURS.filter((colour) => colour !== LOSS_COLOUR);

/**
 * The loss of a training, step by step and smoothed; its parts, where it has any, smoothed.
 *
 * @param log Log of the training.
 * @returns The chart.
 */
export function lossChart({ title, steps }: TrainingLog): Chart {
  const { step: x, loss: y, smooth } = smoothedLosses(steps);
  const parts = Object.keys(steps[0]?.parts ?? {}).map((name) => ({
    name,
    smooth: smoothedLosses(steps.map(({ step, parts }) => ({ step, loss: parts?.[name] ?? NaN }))).smooth,
  }));
  const way = (values: readonly number[]) =>
    [values[0], values.at(-1)].map((value) => value?.toPrecision(3) ?? "–").join(" to ");
  const partWays = parts.map(({ name, smooth }) => `; ${name} ${way(smooth)}`).join("");
  return {
    title,
    description: `Loss over ${steps.length} steps, smoothed: ${way(smooth)}${partWays}.`,
    traces: [
      {
        ...{ name: "loss", x, y, mode: "lines", hovertemplate: "%{y:.4g}" },
        line: { color: `${LOSS_COLOUR}66`, width: 1 },
      },
      boldLine({ name: "smoothed", x, y: smooth, color: LOSS_COLOUR }),
      ...parts.map(({ name, smooth }, n) =>
        boldLine({ name, x, y: smooth, color: PART_COLOURS[n % PART_COLOURS.length]! })
      ),
    ],
    layout: axesFromZero("step", "loss"),
  };
}

/**
 * The learning rates of trainings, step by step.
 *
 * @param logs Log of each.
 * @returns The chart, a line for each.
 */
export function learningRateChart(logs: readonly TrainingLog[]): Chart {
  const lines = logs.map(({ title, steps }) => {
    const each = Math.max(1, Math.ceil(steps.length / MOST_POINTS));
    const points = steps.filter((_, n) => n % each === 0 || n === steps.length - 1);
    return { name: title.replace(/^Loss of /, ""), steps, points, rates: points.map((point) => point.learningRate) };
  });
  const isOne = lines.length === 1;
  return {
    title: isOne ? `Learning rate of ${lines[0]!.name}` : "Learning rates",
    description:
      lines.map(({ name, rates, steps }) =>
        `${isOne ? "" : `${name}: `}from ${short(rates[0])} over at most ${short(Math.max(...rates))} to ` +
        `${short(rates.at(-1))} in ${steps.length} steps`
      ).join("; ").replace(/^./, (letter) => isOne ? letter.toUpperCase() : letter) + ".",
    traces: lines.map(({ name, points, rates }, n) =>
      boldLine({
        name: isOne ? "learning rate" : name,
        x: points.map(({ step }) => step),
        y: rates,
        color: CHART_COLOURS[(n + 2) % CHART_COLOURS.length]!,
      })
    ),
    layout: axesFromZero("step", "learning rate"),
  };
}

function boldLine({ color, ...line }: Pick<ChartTrace, "name" | "x" | "y"> & { readonly color: string }): ChartTrace {
  return { ...line, mode: "lines", line: { color, width: 2.5 }, hovertemplate: "%{y:.4g}" };
}

const short = (value: number | undefined) => value === undefined ? "–" : String(Number(value.toPrecision(2)));

/**
 * The loss of a training, step by step and smoothed, and its parts (paper: Joint Learning of the Two Branches, for IRNet's).
 *
 * @param log Log of the training.
 * @returns The figure.
 */
export function lossFigure(log: TrainingLog): Figure {
  return chartFigure(lossChart(log));
}

/**
 * The learning rate of a training: warmed up where the configuration asks for it, then decaying with a power of what is
 * left (paper: Hyperparameter Settings).
 *
 * @param log Log of the training.
 * @returns The figure.
 */
export function learningRateFigure(log: TrainingLog): Figure {
  return chartFigure(learningRateChart([log]));
}

/**
 * Losses of several trainings of one network, smoothed: a line for each.
 *
 * @param logs Log of each; its title names the line.
 * @param options Title of the figure.
 * @returns The figure.
 * @throws RangeError without a training, or if one has logged no step.
 */
export function lossesFigure(logs: readonly TrainingLog[], { title }: { readonly title: string }): Figure {
  if (logs.length === 0) throw new RangeError("Expected at least one training but found none");
  const lines = logs.map((log) => {
    if (log.steps.length === 0) throw new RangeError(`Expected steps of ${log.title} but found none`);
    const { step, smooth } = smoothedLosses(log.steps);
    return { name: log.title, step, smooth };
  });
  const most = Math.max(...logs.map(({ steps }) => steps.length));
  const last = lines.map(({ name, smooth }) => `${name} ${smooth.at(-1)!.toPrecision(3)}`).join(", ");
  return chartFigure({
    title,
    description: `Loss over ${most} steps of training, smoothed; at the end: ${last}.`,
    traces: lines.map(({ name, step, smooth }, n) =>
      boldLine({ name, x: step, y: smooth, color: CHART_COLOURS[n % CHART_COLOURS.length]! })
    ),
    layout: axesFromZero("step", "loss"),
  });
}

/** Losses of a training to draw, as they are and smoothed. */
function smoothedLosses(
  steps: readonly Pick<LoggedStep, "step" | "loss">[],
): { step: number[]; loss: number[]; smooth: number[] } {
  const points = averaged(steps), loss = points.map(({ loss }) => loss);
  return { step: points.map(({ step }) => step), loss, smooth: smoothed(loss) };
}

function averaged(steps: readonly Pick<LoggedStep, "step" | "loss">[]): { step: number; loss: number }[] {
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
