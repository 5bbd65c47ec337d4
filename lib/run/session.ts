import { closestString } from "@std/text/closest-string";
import { checkLists } from "../config/check_paths.ts";
import type { Config } from "../config/config.ts";
import { UsageError } from "../config/usage_error.ts";
import type { Dataset } from "../data/dataset.ts";
import type { BackendReport } from "../tensor/backend.ts";
import { InputMemory } from "./inputs.ts";
import { type Plan, planStage } from "./plan.ts";
import type { ProgressOptions } from "../files/terminal.ts";
import { type BadImageChoice, Quarantine } from "./quarantine.ts";
import { type Shard, WHOLE } from "./shard.ts";
import type { Stage, StageContext, StageFiles, StageModule } from "./stage.ts";
import { Store } from "./store.ts";

/** Options of a run and its preview. */
export interface RunOptions {
  /** Folder of all results; the same folder continues an earlier run. */
  readonly workdir: string;
  /** Names of the stages to run; absent: all that the configuration asks for. */
  readonly stages?: readonly string[];
  /** Does everything again. */
  readonly force?: boolean;
  /** Trains again where other settings would otherwise end the run, to keep a training that took over a minute. */
  readonly retrain?: boolean;
  /** Cuts every list of the data set to its first images, for trainings and all other stages alike. */
  readonly limit?: number;
  /** Processes only a part of the images. */
  readonly shard?: Shard;
  /** Compares the contents of images and results instead of times and sizes. */
  readonly verify?: boolean;
  /** Choice for images that cannot be read; `fail` if absent. */
  readonly onBadImage?: BadImageChoice;
  /** Stops the run, which can be continued. */
  readonly signal?: AbortSignal;
  /** Where progress is shown; absent: nowhere. */
  readonly progress?: ProgressOptions;
  /** Address of a {@linkcode StageModule}. */
  readonly module: string;
  /** The configuration that `run.json` keeps, where a command runs the stages with another; absent: that of the run. */
  readonly keeps?: Config;
}

/** Common ground of all stages of a run: its options, and what they work on. */
export interface Session extends Required<Omit<RunOptions, "stages" | "onBadImage" | "keeps">> {
  /** The configuration. */
  readonly config: Config;
  /** The data set, with all its images. */
  readonly dataset: Dataset;
  /** Images that are left out. */
  readonly quarantine: Quarantine;
  /** All stages in their order. */
  readonly stages: readonly Stage[];
  /** Facts about inputs, found once. */
  readonly memory: InputMemory;
  /** Opens another data set as that of the run was opened. */
  readonly openDataset: (data: Config["data"]) => Promise<Dataset>;
  /** Makes the tensor library ready, if it is not; `null` where the stages need none. */
  readonly prepare: () => Promise<BackendReport | null>;
}

/** Imports the stages that there are, and what they run on. */
export async function loadStages(module: string): Promise<Required<StageModule>> {
  const { stages, openDataset, prepare }: StageModule = await import(module);
  return {
    stages,
    openDataset: openDataset ?? (async (data) => await (await import("../data/mod.ts")).openDataset(data)),
    prepare: prepare === undefined ? useConfiguredBackend : prepare,
  };
}

/** Makes the backend ready that the configuration asks for. */
export async function useConfiguredBackend(
  { backend, threads, precision }: Config["compute"],
): Promise<BackendReport> {
  const { useBackend } = await import("../tensor/mod.ts");
  return await useBackend(backend, { threads, precision });
}

/**
 * Opens data set and quarantine, and chooses the stages.
 *
 * @throws UsageError as `run()`.
 */
export async function openSession(
  config: Config,
  options: RunOptions,
  onBackend: (report: BackendReport) => void = () => {},
): Promise<{ selected: Stage[]; session: Session }> {
  const { module, workdir, shard = WHOLE, progress = { terminal: false, write: () => {} } } = options;
  const { stages, openDataset, prepare } = await loadStages(module);
  const selected = selectStages(stages, { config, names: options.stages ?? null });
  for (const stage of selected) {
    const note = await stage.check?.(config);
    if (note) progress.write(`${note}\n`);
  }
  const dataset = await openDataset(config.data);
  if (!options.stages) checkLists(dataset, { config, group: "data" });
  const quarantine = await Quarantine.open(workdir, { choice: options.onBadImage ?? "fail", shard, dataset });
  let prepared: BackendReport | null = null;
  const session: Session = {
    config,
    dataset,
    quarantine,
    stages,
    module,
    workdir,
    shard,
    limit: options.limit ?? Infinity,
    force: options.force ?? false,
    retrain: options.retrain ?? false,
    verify: options.verify ?? false,
    signal: options.signal ?? new AbortController().signal,
    progress,
    memory: new InputMemory(),
    openDataset,
    prepare: async () => {
      if (prepared || !prepare) return prepared;
      const report = prepared = await prepare(config.compute);
      onBackend(report);
      progress.write(`Tensors on ${report.name} ${report.version}: ${report.reason}\n`);
      if (report.advice) progress.write(`${report.advice}\n`);
      return report;
    },
  };
  return { selected, session };
}

/** The named stages in their order, or all that the configuration asks for. */
function selectStages(
  stages: readonly Stage[],
  { config, names }: { config: Config; names: readonly string[] | null },
): Stage[] {
  const enabled = (stage: Stage) => stage.enabled?.(config) ?? true;
  if (!names) return stages.filter((stage) => enabled(stage) && !stage.onlyNamed);
  for (const name of names) {
    const stage = stages.find((stage) => stage.name === name);
    if (!stage) {
      const known = stages.map((stage) => stage.name);
      throw new UsageError(
        `Expected a stage among ${known.join(", ")} but found ${name}; the nearest is ${closestString(name, known)}`,
      );
    }
    if (!enabled(stage)) {
      throw new UsageError(`Expected a configuration that asks for the stage ${name} but it does not`);
    }
  }
  return stages.filter((stage) => names.includes(stage.name));
}

/** Which images of a data set a run knows of. */
export interface Restriction {
  /** The length to which every list is cut. */
  readonly limit: number;
  /** Images that every list then leaves out. */
  readonly without: ReadonlySet<string>;
}

/**
 * A data set whose lists hold fewer images, the same for every stage. Lists are cut before images are left out: an
 * image that turns out to be unreadable does not draw in one that earlier stages have not seen.
 */
export function restrictDataset(dataset: Dataset, { limit, without }: Restriction): Dataset {
  if (limit === Infinity && without.size === 0) return dataset;
  return {
    ...dataset,
    list: (name) => dataset.list(name).slice(0, limit).filter((id) => !without.has(id)),
  };
}

/** All that a stage may use, by default without the right to write files. */
export function contextOf(
  { config, dataset, quarantine, limit, workdir, signal }: Session,
  { files = new Store(workdir), progress = () => {} }: {
    files?: StageFiles;
    progress?: StageContext["progress"];
  } = {},
): StageContext {
  return { config, dataset: restrictDataset(dataset, { limit, without: quarantine.ids }), files, signal, progress };
}

/** The work of a stage in a session. */
export function planIn(
  session: Session,
  stage: Stage,
  pending: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): Promise<Plan> {
  return planStage(stage, contextOf(session), { ...session, pending });
}
