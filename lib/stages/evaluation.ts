import type { Config } from "../config/config.ts";
import { valueOf } from "../config/settings.ts";
import {
  analyse,
  type Analysis,
  bestMatches,
  type ImageRecord,
  imageRecord,
  type InstanceMatches,
  type Measurement,
  type Metrics,
  summarise,
  thresholdOrigin,
} from "../evaluation/mod.ts";
import { renderReport, type ReportInput, runCharts, type RunDetails, type TrainingLog } from "../figures/mod.ts";
import type { StageContext, StageFiles, WholeStage } from "../run/stage.ts";
import { parseRunReport } from "../run/run_report.ts";
import { readJsonLines } from "../files/json_lines.ts";
import { GIB, MIB } from "./_cost.ts";
import { readJson } from "./_read.ts";
import { missingInstances, type ResultDoubts, resultDoubts } from "./doubts.ts";
import { measure, readMeasurement } from "./measure.ts";
import { galleryEntries, pixelOf } from "./report_pictures.ts";
import { SEED_LABELS, SEED_MAPS } from "./seed.ts";

/**
 * Adds up all measurements, `metrics.json`, and says what is behind them: image by image, `images.jsonl`, by errors and
 * with intervals, `analysis.json`, without ground truth, `doubts.json`. Shows them with curves and pictures, `report.html`.
 */
export const evaluation: WholeStage = {
  kind: "whole",
  name: "evaluation",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam_train", ...SEED_MAPS, ...SEED_LABELS, "irnet", "instance", "semantic", "measure"],
  settings: (config) => {
    const { evaluation, data, seed } = config;
    return {
      classes: evaluation.classes,
      ious: evaluation.ious,
      pictures: evaluation.pictures,
      lists: [data.valList, data.trainList, data.inferList, data.instanceList],
      thresholds: thresholdOrigins(config),
      draws: seed,
    };
  },
  cost: {
    settings: () => null,
    estimate: ({ config, dataset }) => {
      const images = dataset.list(config.data.inferList).length;
      // Those asked for, and a quarter as many that went worst.
      const pictures = Math.min(images, Math.ceil(1.25 * config.evaluation.pictures));
      return {
        parts: [{ unit: "images", count: pictures, seconds: 1 }],
        bytes: 5 * MIB + 1_500 * images,
        memory: 0.7 * GIB + 10_000 * images,
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files } = context, records: ImageRecord[] = [];
    const write = (file: string, text: string) => files.write("evaluation", file, new TextEncoder().encode(text));
    const metrics = await evaluationMetrics(context, readMeasurements(context, records));
    await write("metrics.json", `${JSON.stringify(metrics, null, 2)}\n`);
    await write("images.jsonl", records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const { classes, ious } = config.evaluation, { seed } = config;
    const analysis = analyse(records, { classes: dataset.classes, chosen: classes, ious, seed });
    await write("analysis.json", `${JSON.stringify(analysis)}\n`);
    const doubts = await resultDoubts(context, records.map(({ id }) => id));
    await write("doubts.json", `${JSON.stringify(doubts, null, 2)}\n`);
    const results = { metrics, records, analysis, doubts };
    const input = await reportInput(context, results, { writesPictures: true });
    const charts = runCharts({ ...input, classes: dataset.classes });
    await write("curves.json", `${JSON.stringify([...charts.results, ...charts.trainings])}\n`);
    await write("report.html", await renderReport(input));
  },
};

/** What the stage writes. */
export interface EvaluationResults {
  readonly metrics: Metrics;
  readonly records: readonly ImageRecord[];
  readonly analysis: Analysis;
  readonly doubts: ResultDoubts;
}

/** What the stage has written. @throws Error naming a file that is missing, as after runs of earlier versions. */
export async function readEvaluation(files: StageFiles): Promise<EvaluationResults> {
  const json = <T>(file: string): Promise<T> => readJson(files, { stage: "evaluation", file });
  const lines = new TextDecoder().decode(await files.require("evaluation", "images.jsonl")).split("\n");
  return {
    metrics: await readMetrics(files),
    records: lines.filter((line) => line !== "").map((line): ImageRecord => JSON.parse(line)),
    analysis: await json("analysis.json"),
    doubts: await json("doubts.json"),
  };
}

/** Content of the report of a run, pictures drawn. */
export async function reportInput(
  context: StageContext,
  results: EvaluationResults,
  { writesPictures }: { readonly writesPictures: boolean },
): Promise<ReportInput & { readonly matches: readonly InstanceMatches[] }> {
  const { config, files } = context, count = config.evaluation.pictures;
  const gallery = await galleryEntries(context, results.records, { count, writes: writesPictures });
  return {
    config,
    ...results,
    trainings: await trainingLogs(files),
    matches: results.records.flatMap(({ overlaps }) => overlaps ? [bestMatches(overlaps)] : []),
    gallery,
    pixel: await pixelOf(context, gallery),
    run: await runDetails(context),
  };
}

/** The stages so far as the engine has stored them; `null` where another program runs them. */
async function runDetails({ files }: StageContext): Promise<RunDetails | null> {
  const bytes = await files.read(".", "run.json");
  return bytes && parseRunReport(bytes);
}

/** Measurements one after another; of each image with pseudo labels its record is added to those given. */
async function* readMeasurements(context: StageContext, records: ImageRecord[]): AsyncGenerator<Measurement> {
  const { config, dataset, files } = context, inferred = new Set(dataset.list(config.data.inferList));
  const thresholds = reportedThresholds(config), names = dataset.classes;
  for (const id of measure.ids(context)) {
    const measurement = await readMeasurement(files, id);
    if (inferred.has(id)) {
      const missing = await missingInstances(context, id), labels = dataset.labels(id);
      records.push(imageRecord(measurement, { id, labels, names, thresholds, missing }));
    }
    yield measurement;
  }
}

/** Background scores at which masks are reported, which may be any of those that were measured. */
function reportedThresholds({ cam, amn, synthesis }: StageContext["config"]) {
  return {
    cam: cam.threshold,
    semantic: synthesis.semanticThreshold,
    ...(amn.use ? { amn: amn.threshold } : {}),
  };
}

/** All results of a run, from its measurements. */
async function evaluationMetrics(context: StageContext, measurements: AsyncIterable<Measurement>): Promise<Metrics> {
  const { config, dataset } = context;
  const { inferList, trainList, instanceList, valList } = config.data;
  // Without a classifier, where maps of another method are given, there is nothing of it to judge.
  const validation: Record<string, number[]> = config.cam.from === null
    ? await readJson(context.files, { stage: "cam_train", file: "validation.json" })
    : {};
  const ids = Object.keys(validation);
  return await summarise(measurements, {
    classes: dataset.classes,
    chosen: config.evaluation.classes,
    ious: config.evaluation.ious,
    splits: { classification: valList ?? "no list", relation: trainList, infer: inferList, instance: instanceList },
    thresholds: thresholdOrigins(config),
    score: config.synthesis.score,
    validation: {
      logits: ids.map((id) => validation[id]!),
      labels: ids.map((id) => dataset.labels(id)),
    },
  });
}

/** The thresholds of a configuration, which results are reported at, and where they come from. */
export function thresholdOrigins(config: Config): NonNullable<Metrics["thresholds"]> {
  const origin = (key: string) =>
    thresholdOrigin(key, { value: valueOf(config, key) as number, chosen: config.evaluation.chosen });
  const labels = config.amn.use ? "amn" : "relation";
  return {
    cam: origin("cam.threshold"),
    ...(config.amn.use ? { amn: origin("amn.threshold") } : {}),
    foreground: origin(`${labels}.foreground`),
    background: origin(`${labels}.background`),
    semantic: origin("synthesis.semanticThreshold"),
    instance: origin("synthesis.instanceThreshold"),
  };
}

/** All results of a run, in percent. */
export function readMetrics(files: StageFiles): Promise<Metrics> {
  return readJson(files, { stage: "evaluation", file: "metrics.json" });
}

const TRAININGS = [
  { stage: "backbone_train", title: "Loss of the backbone" },
  { stage: "cam_train", title: "Loss of the classifier" },
  { stage: "amn_train", title: "Loss of AMN" },
  { stage: "irnet_train", title: "Loss of IRNet" },
];

/** Logs of the trainings, those that there are; damaged lines are left out. */
export async function trainingLogs(files: StageFiles): Promise<TrainingLog[]> {
  const logs = await Promise.all(TRAININGS.map((training) => readTrainingLog(files, training)));
  return logs.filter(({ steps }) => steps.length > 0);
}

/** Log of a training; no steps where there is no log. */
export async function readTrainingLog(
  files: StageFiles,
  { stage, title }: { stage: string; title: string },
): Promise<TrainingLog> {
  const lines = await readJsonLines(files.path(stage, "log.jsonl"));
  return { title, steps: lines.filter(isStep) };
}

function isStep(line: unknown): line is TrainingLog["steps"][number] {
  const { step, loss, learningRate } = (line ?? {}) as Record<string, unknown>;
  return [step, loss, learningRate].every((value) => typeof value === "number");
}
