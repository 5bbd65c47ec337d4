import { type Measurement, type Metrics, summarise } from "../../evaluation/mod.ts";
import type { StageContext, WholeStage } from "../../stage.ts";

/** Adds up all measurements: `metrics.json`. */
export const evaluate: WholeStage = {
  kind: "whole",
  name: "evaluation",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam_train", "measure"],
  settings: ({ evaluation, data }) => ({
    classes: evaluation.classes,
    ious: evaluation.ious,
    lists: [data.valList, data.trainList, data.inferList, data.instanceList],
  }),
  run: async (context: StageContext) => {
    const metrics = await evaluationMetrics(context);
    await context.files.write(
      "evaluation",
      "metrics.json",
      new TextEncoder().encode(`${JSON.stringify(metrics, null, 2)}\n`),
    );
  },
};

/** All results of a run, from its measurements. */
async function evaluationMetrics({ config, dataset, files }: StageContext): Promise<Metrics> {
  const { inferList, trainList, instanceList, valList } = config.data;
  const measurements: Measurement[] = [];
  for (const id of new Set([...dataset.list(inferList), ...dataset.list(trainList)])) {
    measurements.push(JSON.parse(new TextDecoder().decode(await files.require("measure", `${id}.json`))));
  }
  const validation: Record<string, number[]> = JSON.parse(
    new TextDecoder().decode(await files.require("cam_train", "validation.json")),
  );
  const ids = Object.keys(validation);
  return summarise(measurements, {
    classes: dataset.classes,
    chosen: config.evaluation.classes,
    ious: config.evaluation.ious,
    splits: { classification: valList, relation: trainList, infer: inferList, instance: instanceList },
    thresholds: { cam: config.cam.threshold, semantic: config.synthesis.semanticThreshold },
    validation: {
      logits: ids.map((id) => validation[id]!),
      labels: ids.map((id) => dataset.labels(id)),
    },
  });
}
