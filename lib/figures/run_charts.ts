import type { InstanceMatches } from "../evaluation/instances.ts";
import type { Metrics } from "../evaluation/metrics.ts";
import type { Chart } from "./chart.ts";
import { thresholdChart } from "./metrics_figures.ts";
import { precisionChart, precisionRecallChart } from "./precision_figures.ts";
import { learningRateChart, lossChart, type TrainingLog } from "./training_figures.ts";

/** Results and logs that the charts of a run are drawn from. */
export interface RunChartsInput {
  /** Results. */
  readonly metrics: Metrics;
  /** Trainings in their order. */
  readonly trainings: readonly TrainingLog[];
  /** Pseudo instances of every image, compared with those of the ground truth. */
  readonly matches?: readonly InstanceMatches[];
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/** The charts of a run. */
export interface RunCharts {
  /** Of its results; none where there are no ground truth. */
  readonly results: Chart[];
  /** Of its trainings: losses and learning rates. */
  readonly trainings: Chart[];
}

/**
 * All charts of a run, as its report and `--show` have them.
 *
 * @param input Results, logs and matches.
 * @returns The charts.
 */
export function runCharts({ metrics, trainings, matches = [], classes }: RunChartsInput): RunCharts {
  const isJudged = metrics.cam.images > 0, hasInstances = matches.some(({ truths }) => truths.length > 0);
  return {
    results: [
      ...isJudged ? [thresholdChart(metrics), precisionChart(metrics)] : [],
      ...hasInstances ? [0.5, 0.7].map((iou) => precisionRecallChart(matches, { iou, classes })) : [],
    ],
    trainings: [...trainings.map(lossChart), ...trainings.length > 0 ? [learningRateChart(trainings)] : []],
  };
}
