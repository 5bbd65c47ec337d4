import { join } from "node:path";
import { delay } from "@std/async/delay";
import { closestString } from "@std/text/closest-string";
import type { Config } from "../config/config.ts";
import { defined } from "../config/flags.ts";
import { UsageError } from "../config/usage_error.ts";
import { type Dataset, openDataset, openImages, readClassNames } from "../data/mod.ts";
import { classificationScores } from "../evaluation/mod.ts";
import { exists, placeFile, removeIfExists } from "../files/disk.ts";
import { textTable } from "../files/terminal.ts";
import { exportLabels } from "../results/export_labels.ts";
import { formatPercent } from "../results/tables.ts";
import { BusyError } from "../run/lock.ts";
import { previewRun, run, type RunOptions } from "../run/run.ts";
import { formatRunReport, type RunReport } from "../run/run_report.ts";
import { type Shard, shardFile, WHOLE } from "../run/shard.ts";
import { Store } from "../run/store.ts";
import { readScores } from "../stages/classify.ts";
import { classDifference } from "../stages/given_weights.ts";
import { LEAST_SCORE } from "../stages/prediction.ts";
import { readInstances } from "../stages/instance.ts";
import { type ModelFacts, readModelFacts } from "../stages/model_file.ts";

/** Options of {@linkcode predict}. */
export interface PredictOptions extends Omit<RunOptions, "module" | "stages"> {
  /** File or folder of labels; absent: the classifier finds the classes. */
  readonly labels?: string;
  /** Names of the only classes that count. */
  readonly classes?: readonly string[];
  /** Labels that the classes found are compared with. */
  readonly judge?: string;
  /** Says what there is to do, and does nothing. */
  readonly isDry: boolean;
}

/** Names of what is written beside the folders of the stages. */
const LABELS = "labels.json", COCO = "instances.json", REPORT = "report.txt";

/** The stages that take the networks out of the model, and those that make masks; between them `classify` tells classes. */
const networks = ({ amn, cam }: Config) => [
  "cam_train",
  ...amn.use ? ["amn_train"] : [],
  "irnet_train",
  ...cam.method === "lpcam" ? ["prototypes"] : [],
];
const masking = ({ amn }: Config) => ["cam", ...amn.use ? ["amn"] : [], "irnet", "instance", "semantic"];

const MODULE = new URL("../stages/prediction.ts", import.meta.url).href;

/**
 * Makes masks for new images with trained weights: `labels.json` with the classes of each, `instance/<id>.png`,
 * `semantic/<id>.png`, `instances.json` in COCO's format, and `report.txt`. A shard makes only the files of its images.
 *
 * @param config The settings of the model, on the images of a folder.
 * @param options Where the classes come from, and how to run.
 * @returns The report, or what there is to do.
 * @throws UsageError for classes that the model does not know.
 */
export async function predict(
  config: Config,
  { labels, classes: only, judge, isDry, ...options }: PredictOptions,
): Promise<string> {
  const { workdir, limit = Infinity } = options, { classes } = config.data;
  checkClasses(only ?? [], classes);
  const facts = await readModelFacts(config.cam.weights!);
  if (facts.network) {
    return await predictDetections(config, { ...defined({ labels, judge, classes: only }), isDry, ...options });
  }
  if (labels !== undefined && judge !== undefined) {
    throw new UsageError("Expected no --judge with --labels, which leave nothing to find, but found both");
  }
  const given = labels === undefined ? null : await openKnown(config, labels);
  const known = judge === undefined ? null : await openKnown(config, judge);
  const images = openImages(config.data);
  const { shard = WHOLE } = options, labelFile = join(workdir, shardFile("labels", shard, ".json"));
  const labelled = { ...config, data: { ...config.data, labels: labelFile, labelColumn: null } };
  const naming = given ? [] : ["classify"], module = MODULE;
  if (isDry) {
    return await preview(labelled, {
      ...options,
      stages: [...networks(config), ...naming, ...masking(config)],
      module,
    });
  }

  const taken = await takeNetworks(config, { ...options, stages: networks(config), module });
  const named = given ? null : await run(config, { ...options, stages: naming, module });
  const files = new Store(workdir);
  const thresholds = facts.thresholds.map((threshold) => threshold ?? 0.5);
  const allowed = classes.map((name) => only?.includes(name) ?? true);
  const names = new Map<string, string[]>(), scores = new Map<string, number[]>();
  const ids = images.list("all");
  for (const [n, id] of ids.entries()) {
    const isSeen = !given && n < limit && await exists(files.path("classify", `${id}.json`));
    if (isSeen) scores.set(id, await readScores(files, id));
    const found = given?.labels(id) ??
      thresholds.flatMap((threshold, c) => scores.get(id)?.[c]! >= threshold ? [c] : []);
    names.set(id, found.filter((c) => allowed[c]).map((c) => classes[c]!));
  }
  await placeLabels(labelFile, names);
  const made = await run(labelled, { ...options, stages: masking(config), module });
  const stages = [...taken.stages, ...named?.stages ?? [], ...made.stages];
  if (shard.count > 1) {
    await removeIfExists(labelFile);
    return `${formatRunReport({ ...made, stages })}\n\n${partDone(shard)}`;
  }
  const written = await exportLabels(labelled, {
    ...{ workdir, format: "coco", out: join(workdir, COCO), list: "all" },
    ...exported(options),
  });

  const seen = ids.slice(0, limit);
  const report = [
    describeNames(seen, { names, classes, facts, scores: given ? null : scores }),
    ...(known && !given ? [describeJudgement(scores, { known, classes })] : []),
    `${written}\nMasks: ${join(workdir, "instance")}, ${join(workdir, "semantic")}, <id>.png; classes: ${labelFile}`,
  ].join("\n\n");
  await placeFile(join(workdir, REPORT), new TextEncoder().encode(`${report}\n`));
  return `${formatRunReport({ ...made, stages })}\n\n${report}`;
}

/** Masks by Mask R-CNN, which finds the classes itself. */
async function predictDetections(
  config: Config,
  { labels, judge, classes: only, isDry, ...options }: PredictOptions,
): Promise<string> {
  if (labels !== undefined || judge !== undefined) {
    throw new UsageError(
      `Expected no --${labels ? "labels" : "judge"} with a model of Mask R-CNN, which finds classes with the instances`,
    );
  }
  const { workdir, limit = Infinity, shard = WHOLE } = options, module = MODULE, stage = "mask_rcnn_irnet" as const;
  const used = {
    ...config,
    downstream: { ...config.downstream, valInstanceList: "all" },
    evaluation: { ...config.evaluation, classes: only ? [...only] : null },
  };
  const training = [`${stage}_train`];
  if (isDry) return (await previewRun(used, { ...options, stages: [...training, stage], module })).join("\n");
  const taken = await takeNetworks(used, { ...options, stages: training, module });
  const made = await run(used, { ...options, stages: [stage], module });
  const table = formatRunReport({ ...made, stages: [...taken.stages, ...made.stages] });
  if (shard.count > 1) return `${table}\n\n${partDone(shard)}`;

  const files = new Store(workdir), names = new Map<string, string[]>(), labelFile = join(workdir, LABELS);
  for (const id of openImages(config.data).list("all")) {
    const isMade = await exists(files.path(stage, `${id}.npz`));
    const found = isMade ? await readInstances(files, id, { stage }) : { score: [], class: [] };
    const sure = Array.from(found.class).filter((_, n) => found.score[n]! >= LEAST_SCORE);
    names.set(id, [...new Set(sure)].sort((a, b) => a - b).map((c) => config.data.classes[c]!));
  }
  await placeLabels(labelFile, names);
  const written = await exportLabels(
    { ...used, data: { ...used.data, labels: labelFile, labelColumn: null } },
    { workdir, format: "coco", stage, score: LEAST_SCORE, out: join(workdir, COCO), list: "all", ...exported(options) },
  );
  const seen = [...names.keys()].slice(0, limit), facts = await readModelFacts(config.cam.weights!);
  const report = [
    describeNames(seen, { names, classes: config.data.classes, facts, scores: null }),
    `${written}\nMasks: ${join(workdir, stage)}, <id>.png; classes: ${labelFile}`,
  ].join("\n\n");
  await placeFile(join(workdir, REPORT), new TextEncoder().encode(`${report}\n`));
  return `${table}\n\n${report}`;
}

const partDone = ({ index, count }: Shard) =>
  `Done: part ${index} of ${count}; when all are, the same command without --shard writes ${COCO} and ${REPORT}`;

async function placeLabels(path: string, names: ReadonlyMap<string, readonly string[]>): Promise<void> {
  await placeFile(path, new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(names), null, 1)}\n`));
}

/** What an export shares with the run before it. */
const exported = ({ limit, signal, progress }: Pick<RunOptions, "limit" | "signal" | "progress">) =>
  defined({ limit, signal, progress });

/** Takes the networks out of the model; of several shards that begin at once, one does. */
async function takeNetworks(config: Config, { shard = WHOLE, ...options }: RunOptions): Promise<RunReport> {
  while (true) {
    try {
      return await run(config, { ...options, shard: WHOLE });
    } catch (error) {
      if (shard.count === 1 || !(error instanceof BusyError)) throw error;
      await delay(1000, options.signal ? { signal: options.signal } : {});
    }
  }
}

function checkClasses(names: readonly string[], classes: readonly string[]): void {
  const foreign = names.find((name) => !classes.includes(name));
  if (foreign === undefined) return;
  throw new UsageError(
    `Expected --classes among ${classes.join(", ")}, which these weights know, but found ${foreign}; the nearest is ` +
      closestString(foreign, classes),
  );
}

/** Labels of the images; every image has to have some, and no class that the model does not know. */
async function openKnown({ data }: Config, labels: string): Promise<Dataset> {
  const { classes } = data, found = await readClassNames({ ...data, labels });
  const beyond = classDifference(classes, [...new Set([...classes, ...found])]);
  if (beyond) throw new UsageError(`Expected classes of the model in ${labels} but found others: ${beyond}`);
  const dataset = await openDataset({ ...data, labels });
  for (const id of dataset.list("all")) dataset.labels(id);
  return dataset;
}

/** What there is to do. Classes that the classifier has not told yet count as none. */
async function preview(config: Config, options: RunOptions): Promise<string> {
  const isNamed = await openDataset(config.data).then((dataset) => dataset.list("all"), () => null) !== null;
  const data = { ...config.data, labels: isNamed ? config.data.labels : null };
  return (await previewRun({ ...config, data }, options)).join("\n");
}

/** A row for each class, and the images that show none. */
function describeNames(
  ids: readonly string[],
  { names, classes, facts, scores }: {
    names: ReadonlyMap<string, readonly string[]>;
    classes: readonly string[];
    facts: ModelFacts;
    scores: ReadonlyMap<string, readonly number[]> | null;
  },
): string {
  const { thresholds, thresholdsFrom: { list, images } } = facts;
  const table = textTable([
    ["class", "images", ...scores ? ["threshold"] : []],
    ...classes.map((name, c) => [
      name,
      String(ids.filter((id) => names.get(id)!.includes(name)).length),
      ...scores ? [thresholds[c]?.toFixed(3) ?? "0.5, not chosen"] : [],
    ]),
  ], { numbers: true });
  const bare = ids.filter((id) => names.get(id)!.length === 0);
  const nearest = (id: string) => {
    const row = scores?.get(id);
    if (!row) return id;
    const best = row.indexOf(Math.max(...row));
    return `${id} (nearest: ${classes[best]}, ${row[best]!.toFixed(2)})`;
  };
  return [
    `Classes of ${ids.length} images, ${
      scores
        ? `found by the classifier; thresholds of ${images} images of ${list}`
        : facts.network
        ? `found by Mask R-CNN with a score of at least ${LEAST_SCORE}`
        : "as the labels say"
    }`,
    table,
    bare.length === 0
      ? "Every image shows a class"
      : `${bare.length} without a class: ${bare.slice(0, 10).map(nearest).join(", ")}${bare.length > 10 ? ", …" : ""}`,
  ].join("\n");
}

/** Average precision of the scores of each class, against labels that are known. */
function describeJudgement(
  scores: ReadonlyMap<string, readonly number[]>,
  { known, classes }: { known: Dataset; classes: readonly string[] },
): string {
  const { rows, mean } = classificationScores([...scores.values()], {
    labels: [...scores.keys()].map((id) => known.labels(id)),
    classes,
  });
  return textTable([
    [`classes judged by ${scores.size} labels`, "AP"],
    ...rows.map(({ name, precision }) => [name, formatPercent(Number.isNaN(precision) ? null : 100 * precision)]),
    ["mean", formatPercent(Number.isNaN(mean) ? null : 100 * mean)],
  ], { numbers: true });
}
