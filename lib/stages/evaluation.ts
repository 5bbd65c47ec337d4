import { type Measurement, type Metrics, summarise } from "../evaluation/mod.ts";
import { renderReport, runCharts, type RunDetails } from "../figures/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { parseRunReport } from "../run/run_report.ts";
import { trainingLogs } from "./_training_logs.ts";
import { galleryEntries } from "./report_pictures.ts";

/** Adds up all measurements, `metrics.json`, and shows them with curves and pictures, `report.html`. */
export const evaluate: WholeStage = {
  kind: "whole",
  name: "evaluation",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam_train", "cam", "relation", "irnet", "instance", "semantic", "measure"],
  settings: ({ evaluation, data }) => ({
    classes: evaluation.classes,
    ious: evaluation.ious,
    pictures: evaluation.pictures,
    lists: [data.valList, data.trainList, data.inferList, data.instanceList],
  }),
  run: async (context: StageContext) => {
    const { config, files } = context;
    const write = (file: string, text: string) => files.write("evaluation", file, new TextEncoder().encode(text));
    const measurements = await readMeasurements(context);
    const metrics = await evaluationMetrics(context, measurements);
    await write("metrics.json", `${JSON.stringify(metrics, null, 2)}\n`);
    const trainings = await trainingLogs(context), matches = measurements.flatMap(({ instance }) => instance ?? []);
    const charts = runCharts({ metrics, trainings, matches, classes: context.dataset.classes });
    await write("curves.json", `${JSON.stringify([...charts.results, ...charts.trainings])}\n`);
    const report = renderReport({
      config,
      metrics,
      trainings,
      matches,
      gallery: await galleryEntries(context, config.evaluation.pictures),
      run: await runDetails(context),
    });
    await write("report.html", report);
  },
};

/** What the pipeline has stored about the stages so far; `null` where another program runs them. */
async function runDetails({ files }: StageContext): Promise<RunDetails | null> {
  const bytes = await files.read(".", "run.json");
  return bytes && parseRunReport(bytes);
}

async function readMeasurements({ config, dataset, files }: StageContext): Promise<Measurement[]> {
  const { inferList, trainList } = config.data;
  const measurements: Measurement[] = [];
  for (const id of new Set([...dataset.list(inferList), ...dataset.list(trainList)])) {
    measurements.push(JSON.parse(new TextDecoder().decode(await files.require("measure", `${id}.json`))));
  }
  return measurements;
}

/** All results of a run, from its measurements. */
async function evaluationMetrics(
  { config, dataset, files }: StageContext,
  measurements: readonly Measurement[],
): Promise<Metrics> {
  const { inferList, trainList, instanceList, valList } = config.data;
  // Without a classifier, where maps of another method are given, there is nothing of it to judge.
  const validation: Record<string, number[]> = config.cam.from === null
    ? JSON.parse(new TextDecoder().decode(await files.require("cam_train", "validation.json")))
    : {};
  const ids = Object.keys(validation);
  return summarise(measurements, {
    classes: dataset.classes,
    chosen: config.evaluation.classes,
    ious: config.evaluation.ious,
    splits: { classification: valList ?? "no list", relation: trainList, infer: inferList, instance: instanceList },
    thresholds: { cam: config.cam.threshold, semantic: config.synthesis.semanticThreshold },
    validation: {
      logits: ids.map((id) => validation[id]!),
      labels: ids.map((id) => dataset.labels(id)),
    },
  });
}
