import { dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import { openDataset } from "../data/mod.ts";
import { describeOrigin, type ImageRecord, type Metrics, pairRuns } from "../evaluation/mod.ts";
import { type Against, renderReport } from "../figures/mod.ts";
import { isFolder, readFileIfExists } from "../files/disk.ts";
import { parseRunReport } from "../run/run_report.ts";
import { Store } from "../run/store.ts";
import { readComparison } from "../stages/downstream/compare.ts";
import { readEvaluation, reportInput } from "../stages/evaluation.ts";

/** Where a report is written, and what is beside the run in it. */
export interface WriteReportOptions {
  /** The working directory of the run. */
  readonly workdir: string;
  /** The page. */
  readonly out: string;
  /** `metrics.json` of another run, or its working directory. */
  readonly against?: string;
  /** Aborted on interrupt. */
  readonly signal: AbortSignal;
}

/**
 * Writes the report of a run again, with the tables of `compare` where it was run, and another run beside it.
 *
 * @param config The configuration of the run.
 * @param options Folder, page, and the other run.
 * @returns What was written, in a sentence.
 * @throws UsageError if the other run cannot be compared, naming why.
 */
export async function writeReport(
  config: Config,
  { workdir, out, against, signal }: WriteReportOptions,
): Promise<string> {
  const files = new Store(workdir), results = await readEvaluation(files);
  const other = against === undefined ? null : await readOther(against);
  const beside = other && compareRuns({ config, ...results }, other);
  const context = { config, dataset: await openDataset(config.data), files, signal, progress: () => {} };
  const comparison = await files.read("compare", "metrics.json") ? await readComparison(files) : null;
  const input = await reportInput(context, results, { writesPictures: false });
  await Deno.mkdir(dirname(out), { recursive: true });
  await Deno.writeTextFile(out, await renderReport({ ...input, comparison, against: beside }));
  return [`Wrote ${out}`, ...beside?.sentences ?? []].join("\n");
}

/** Another run, as far as it is known. */
export interface OtherRun {
  /** Its `metrics.json`. */
  readonly path: string;
  /** Results. */
  readonly metrics: Metrics;
  /** Results by image; `null` where there is no `images.jsonl` beside the metrics. */
  readonly records: readonly ImageRecord[] | null;
  /** Its configuration; `null` where the metrics do not lie in a run. */
  readonly config: Config | null;
}

async function readOther(against: string): Promise<OtherRun> {
  const path = isFolder(against) ? join(against, "evaluation", "metrics.json") : against;
  const bytes = await readFileIfExists(path);
  if (!bytes) throw new UsageError(`Expected the metrics.json of a run for --against but found none at ${path}`);
  const metrics = parseMetrics(bytes, path), beside = dirname(path);
  const report = await readFileIfExists(join(dirname(beside), "run.json"));
  const images = await readFileIfExists(join(beside, "images.jsonl"));
  return {
    path,
    metrics,
    records: images && parseRecords(images, join(beside, "images.jsonl")),
    config: report && (parseRunReport(report)?.config ?? null),
  };
}

function parseMetrics(bytes: Uint8Array, path: string): Metrics {
  const parts = ["classification", "cam", "relation", "semantic", "instance"] as const;
  try {
    const metrics: Metrics = JSON.parse(new TextDecoder().decode(bytes));
    const missing = parts.find((part) => typeof metrics[part]?.images !== "number");
    if (missing) throw new Error(`no images of ${missing}`);
    return metrics;
  } catch (error) {
    throw new UsageError(`Expected ${path} to be the metrics.json of a run but found ${(error as Error).message}`);
  }
}

function parseRecords(bytes: Uint8Array, path: string): ImageRecord[] {
  return new TextDecoder().decode(bytes).split("\n").filter((line) => line !== "").map((line, n) => {
    try {
      const record: ImageRecord = JSON.parse(line);
      if (typeof record.id !== "string") throw new Error("no id");
      return record;
    } catch (error) {
      throw new UsageError(`Expected an image in line ${n + 1} of ${path} but found ${(error as Error).message}`);
    }
  });
}

/** The run that a report is about. */
export interface OwnRun {
  /** Its configuration. */
  readonly config: Config;
  /** Results. */
  readonly metrics: Metrics;
  /** Results by image. */
  readonly records: readonly ImageRecord[];
}

/** Says what differs between two runs. @throws UsageError where they cannot be compared. */
export function compareRuns({ config, metrics, records }: OwnRun, other: OtherRun): Against {
  const namesOf = ({ semantic }: Metrics) => Object.keys(semantic.perClass).join(", ");
  if (namesOf(metrics) !== namesOf(other.metrics)) {
    throw new UsageError(
      `Expected a run with the classes ${namesOf(metrics)} for --against but found ${
        namesOf(other.metrics)
      } in ${other.path}`,
    );
  }
  const { classes: chosen, ious } = config.evaluation;
  const paired = other.records && refusing(
    () => pairRuns(records, other.records!, { classes: config.data.classes, chosen, ious, seed: config.seed }),
    other.path,
  );
  return {
    name: other.path,
    sentences: [
      ...imageSentences({ metrics, records }, other, paired?.images.length ?? null),
      ...thresholdSentences({ config, metrics }, other),
      ...dataSentences(config, other.config),
      ...other.config ? [] : ["Settings of the other run are not known: no run.json lies above its metrics.json."],
    ],
    settings: other.config ? changedSettings(config, other.config) : [],
    stated: statedScores(metrics, other.metrics),
    paired,
  };
}

function refusing<T>(work: () => T, path: string): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`${path} cannot be compared: ${(error as Error).message}`);
  }
}

function imageSentences(
  { metrics, records }: Pick<OwnRun, "metrics" | "records">,
  other: OtherRun,
  shared: number | null,
): string[] {
  const differing = (["classification", "relation", "semantic", "instance"] as const).flatMap((part) => {
    const [a, b] = [metrics[part], other.metrics[part]];
    return a.split === b.split && a.images === b.images
      ? []
      : [`${LABELS[part]}: judged on ${a.images} images of ${a.split} here, on ${b.images} of ${b.split} there.`];
  });
  const same = shared === null
    ? "Whether both are about the same images is not known: the other has no images.jsonl; evaluate it again."
    : shared === records.length && shared === other.records!.length
    ? `Both are about the same ${shared} images.`
    : `${shared} images are in both; ${records.length - shared} are here alone, ${
      other.records!.length - shared
    } there alone. Only those in both are compared one by one.`;
  return [same, ...differing];
}

/** What differs in data and in the classes that enter the means. */
function dataSentences(own: Config, other: Config | null): string[] {
  if (!other) return [];
  const chosen = ({ evaluation }: Config) => evaluation.classes?.join(", ") ?? "all classes";
  return [
    ...own.data.root === other.data.root
      ? []
      : [`Data is read from ${own.data.root} here, from ${other.data.root} there.`],
    ...own.data.trainList === other.data.trainList
      ? []
      : [`Trained on ${own.data.trainList} here, on ${other.data.trainList} there.`],
    ...chosen(own) === chosen(other) ? [] : [
      `Means are over ${chosen(own)} here, over ${chosen(other)} there; on the same images over the first for both.`,
    ],
  ];
}

const LABELS = {
  classification: "Classification",
  relation: "Confident labels",
  semantic: "CAMs and pseudo semantic labels",
  instance: "Pseudo instances",
};

function thresholdSentences({ config, metrics }: Pick<OwnRun, "config" | "metrics">, other: OtherRun): string[] {
  const cuts: [name: string, key: "cam" | "semantic" | "instance", here: number, there: number | undefined][] = [
    ["CAMs", "cam", metrics.cam.threshold, other.metrics.cam.threshold],
    ["Pseudo semantic labels", "semantic", metrics.semantic.threshold, other.metrics.semantic.threshold],
    ["Pseudo instances", "instance", config.synthesis.instanceThreshold, other.config?.synthesis.instanceThreshold],
  ];
  return cuts.flatMap(([name, key, here, there]) => {
    if (there === undefined) return [];
    const origins = [metrics, other.metrics].map(({ thresholds }) => thresholds && describeOrigin(thresholds[key]));
    const [own, its] = origins.every((origin) => origin !== undefined) && origins[0] !== origins[1]
      ? origins.map((origin) => ` (${origin})`)
      : ["", ""];
    return here === there && own === its ? [] : [`${name} are cut at ${here}${own} here, at ${there}${its} there.`];
  });
}

/** Settings that differ, by key; the working directory left out. */
function changedSettings(own: Config, other: Config): [string, string, string][] {
  const [a, b] = [own, other].map((config) => new Map(leaves({ ...config, workdir: null })));
  return [...new Set([...a!.keys(), ...b!.keys()])]
    .map((key): [string, string, string] => [key, a!.get(key) ?? "–", b!.get(key) ?? "–"])
    .filter(([, here, there]) => here !== there);
}

function leaves(value: unknown, key = ""): [string, string][] {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, part]) => leaves(part, key === "" ? name : `${key}.${name}`))
    : [[key, JSON.stringify(value)]];
}

function statedScores(own: Metrics, other: Metrics): [string, number | null, number | null][] {
  const shared = Object.keys(own.instance).filter((key): key is `ap${number}` => /^ap\d+$/.test(key))
    .filter((key) => key in other.instance);
  return [
    ["mAP of classification", own.classification.map, other.classification.map],
    ["mIoU of CAMs", own.cam.miou, other.cam.miou],
    ["Precision of confident foreground", own.relation.fgPrecision, other.relation.fgPrecision],
    ["mIoU of pseudo semantic labels", own.semantic.miou, other.semantic.miou],
    ["Best mIoU of all thresholds", own.semantic.best.miou, other.semantic.best.miou],
    ...shared.map((key): [string, number | null, number | null] => [
      `${key.toUpperCase()} of pseudo instances`,
      own.instance[key] ?? null,
      other.instance[key] ?? null,
    ]),
  ];
}
