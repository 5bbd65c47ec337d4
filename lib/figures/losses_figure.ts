import { CHART_COLOURS, type ChartTrace } from "./chart.ts";
import { chartFigure } from "./chart_figure.ts";
import type { Figure } from "./figure.ts";
import type { TrainingLog } from "./loss_chart.ts";
import { smoothedLosses } from "./_smoothed_losses.ts";

/**
 * Losses of several trainings of one network, smoothed: a line for each.
 *
 * @param logs What each logged; its title names the line.
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
    traces: lines.map(({ name, step, smooth }, n): ChartTrace => ({
      name,
      x: step,
      y: smooth,
      mode: "lines",
      line: { color: CHART_COLOURS[n % CHART_COLOURS.length]!, width: 2.5 },
      hovertemplate: "%{y:.4g}",
    })),
    layout: { xaxis: { title: { text: "step" } }, yaxis: { title: { text: "loss" }, rangemode: "tozero" } },
  });
}
