import { compareMakers, type ComparisonRows, ComparisonTotals, type Metrics } from "../../evaluation/mod.ts";
import type { StageFiles, WholeStage } from "../../run/stage.ts";
import { readJson } from "../_read.ts";
import { thresholdOrigins } from "../evaluation.ts";
import { compareMeasure, readComparisonMeasurement } from "./compare_measure.ts";

/** The paper's tables on a data set, percent: the content of `compare/metrics.json`. */
export interface Comparison {
  /** Thresholds of the labels, and where they come from; absent in results of earlier versions. */
  thresholds?: NonNullable<Metrics["thresholds"]>;
  /** Score of pseudo instances in all rows; absent in results of earlier versions. */
  score?: string;
  /** Pseudo labels against the ground truth of the training images. */
  pseudoLabels: { split: string; instanceSplit: string } & ComparisonRows;
  /** DeepLab, named by the labels it was trained on, on validation images. */
  deepLab: { split: string; rows: ComparisonRows["semantic"] };
  /** Mask R-CNN, named by the masks it was trained on, on validation images. */
  maskRcnn: { split: string; rows: ComparisonRows["instance"] };
}

/** Adds up what was measured. */
export const compare: WholeStage = {
  kind: "whole",
  name: "compare",
  section: "Experiments",
  reads: [compareMeasure.name],
  settings: (config) => {
    const { evaluation, downstream } = config;
    return {
      classes: evaluation.classes,
      ious: evaluation.ious,
      lists: [downstream.trainList, downstream.trainInstanceList, downstream.valList, downstream.valInstanceList],
      thresholds: thresholdOrigins(config),
    };
  },
  run: async (context) => {
    const { files, dataset, config } = context, { downstream, evaluation, synthesis } = config;
    const train = new ComparisonTotals(), val = new ComparisonTotals();
    for (const id of compareMeasure.ids(context)) {
      const parts = await readComparisonMeasurement(context.files, id);
      train.add(parts.train);
      val.add(parts.val);
    }
    const options = { classes: dataset.classes, chosen: evaluation.classes, ious: evaluation.ious };
    const judged = compareMakers(val, options);
    const comparison: Comparison = {
      thresholds: thresholdOrigins(config),
      score: synthesis.score,
      pseudoLabels: {
        split: downstream.trainList,
        instanceSplit: downstream.trainInstanceList,
        ...compareMakers(train, options),
      },
      deepLab: { split: downstream.valList, rows: judged.semantic },
      maskRcnn: { split: downstream.valInstanceList, rows: judged.instance },
    };
    const text = `${JSON.stringify(comparison, null, 2)}\n`;
    await files.write("compare", "metrics.json", new TextEncoder().encode(text));
  },
};

/** The tables of a comparison. */
export function readComparison(files: StageFiles): Promise<Comparison> {
  return readJson(files, { stage: "compare", file: "metrics.json" });
}
