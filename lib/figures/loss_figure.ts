import { chartFigure } from "./chart_figure.ts";
import type { Figure } from "./figure.ts";
import { learningRateChart } from "./learning_rate_chart.ts";
import { lossChart, type TrainingLog } from "./loss_chart.ts";

/**
 * The loss of a training, step by step and smoothed (paper: Joint Learning of the Two Branches, for IRNet's).
 *
 * @param log What the training logged.
 * @returns The figure.
 */
export function lossFigure(log: TrainingLog): Figure {
  return chartFigure(lossChart(log));
}

/**
 * The learning rate of a training: warmed up where the configuration asks for it, then decaying with a power of what is
 * left (paper: Hyperparameter Settings).
 *
 * @param log What the training logged.
 * @returns The figure.
 */
export function learningRateFigure(log: TrainingLog): Figure {
  return chartFigure(learningRateChart(log));
}
