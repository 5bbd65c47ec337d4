import type { Config } from "../config/config.ts";
import type { Stage } from "./stage.ts";
import type { BackendReport } from "../tensor/backend.ts";
import { checkLists } from "../config/check_paths.ts";
import { InputMemory } from "./inputs.ts";
import { describePlan } from "./describe_plan.ts";
import { estimateRun, formatEstimates } from "./estimate.ts";
import type { Plan } from "./plan.ts";
import { watchPeakMemory } from "./peak_memory.ts";
import type { ProgressOptions } from "./progress.ts";
import { type BadImageChoice, Quarantine } from "./quarantine.ts";
import { runImageStage } from "./run_image_stage.ts";
import { type RunReport, saveRunReport, type StageReport } from "./run_report.ts";
import { runWholeStage } from "./run_whole_stage.ts";
import { selectStages } from "./select_stages.ts";
import { planIn, type Session } from "./session.ts";
import { type Shard, WHOLE } from "./shard.ts";
import type { PipelineModule } from "../stages/mod.ts";

/** Options of {@linkcode run} and {@linkcode previewRun}. */
export interface RunOptions {
  /** Folder of all results; the same folder continues an earlier run. */
  readonly workdir: string;
  /** Names of the stages to run; absent: all that the configuration asks for. */
  readonly stages?: readonly string[];
  /** Does everything again. */
  readonly force?: boolean;
  /** Cuts every list of the data set to its first images, for trainings and all other stages alike. */
  readonly limit?: number;
  /** Processes only a share of the images. */
  readonly shard?: Shard;
  /** Compares the contents of photographs and results instead of times and sizes. */
  readonly verify?: boolean;
  /** What to do about photographs that cannot be read; `fail` if absent. */
  readonly onBadImage?: BadImageChoice;
  /** Stops the run, which can be continued. */
  readonly signal?: AbortSignal;
  /** Where progress is shown; absent: nowhere. */
  readonly progress?: ProgressOptions;
  /** Address of a {@linkcode PipelineModule} with other stages. */
  readonly module?: string;
  /** The configuration that `run.json` keeps, where a command runs the stages with another; absent: that of the run. */
  readonly keeps?: Config;
}

/**
 * Runs the stages in their order. What the manifests prove done is skipped, so a run that was stopped, or killed, goes
 * on where it was, and a changed setting redoes the stages that depend on it. Timings and versions are stored as
 * `run.json`.
 *
 * @param config The configuration.
 * @param options What to run, and where.
 * @returns What was done.
 * @throws UsageError if a stage does not exist, or is not asked for by the configuration, or if the data set lacks a
 * list that all stages together need.
 * @throws Error naming stage and image if one fails; the signal's reason if it was aborted.
 */
export async function run(config: Config, options: RunOptions): Promise<RunReport> {
  let backend: BackendReport | null = null;
  const { selected, session } = await openSession(config, options, (report) => backend = report);
  const { signal, shard } = session;
  const stages: StageReport[] = [];
  let waitsFor: string | null = null;
  for (const stage of selected) {
    signal.throwIfAborted();
    if (stage.kind === "whole" && shard.count > 1) {
      if ((await planIn(session, stage)).tasks.length === 0) continue;
      waitsFor = stage.name;
      break;
    }
    stages.push(await runStage(stage, session));
    session.memory.forget(stage.name);
    await saveRunReport({ stages, backend, waitsFor }, { ...session, config: options.keeps ?? config });
  }
  return { stages, backend, waitsFor };
}

async function runStage(stage: Stage, session: Session): Promise<StageReport> {
  const start = performance.now(), peakMemory = watchPeakMemory();
  try {
    const counts = stage.kind === "image" ? await runImageStage(stage, session) : await runWholeStage(stage, session);
    const seconds = (performance.now() - start) / 1000, limit = session.limit === Infinity ? null : session.limit;
    return { stage: stage.name, ...counts, seconds, peakMemory: peakMemory(), limit };
  } catch (error) {
    peakMemory();
    throw error;
  }
}

/**
 * Says what {@linkcode run} would do, and changes nothing. Where a stage has to be run again, everything that reads its
 * results counts as to be done, though the results may turn out the same.
 *
 * @param config The configuration.
 * @param options What would be run, and where.
 * @returns A line for each stage; then a table of the time, memory and disk that all of it is expected to need.
 * @throws UsageError if a stage does not exist, or is not asked for by the configuration, or if the data set lacks a
 * list that all stages together need.
 */
export async function previewRun(config: Config, options: RunOptions): Promise<string[]> {
  const { selected, session } = await openSession(config, options, () => {});
  const pending = new Map<string, ReadonlySet<string>>();
  const plans: { stage: Stage; plan: Plan }[] = [];
  for (const stage of selected) {
    const plan = await planIn(session, stage, pending);
    pending.set(stage.name, new Set(plan.tasks.map(({ id }) => id)));
    plans.push({ stage, plan });
  }
  const { expectations = {} }: PipelineModule = await import(session.module);
  const estimates = await estimateRun(plans, session, expectations);
  const lines = plans.map(({ stage, plan }) => describePlan(stage, plan));
  return estimates.length === 0 ? lines : [...lines, "", formatEstimates(estimates, session.workdir)];
}

/**
 * The stages that {@linkcode run} would go through.
 *
 * @param config The configuration.
 * @param options What would be run, and where.
 * @returns The stages in their order.
 * @throws UsageError as {@linkcode run}.
 */
export async function stagesToRun(config: Config, options: RunOptions): Promise<readonly Stage[]> {
  return (await openSession(config, options, () => {})).selected;
}

async function openSession(
  config: Config,
  options: RunOptions,
  onBackend: (report: BackendReport) => void,
): Promise<{ selected: Stage[]; session: Session }> {
  const module = options.module ?? new URL("../stages/mod.ts", import.meta.url).href;
  const { stages, openDataset, prepare }: PipelineModule = await import(module);
  const selected = selectStages(stages, { config, names: options.stages ?? null });
  const dataset = await openDataset(config.data);
  if (!options.stages) checkLists(dataset, { config, group: "data" });
  const { workdir, shard = WHOLE, progress = { terminal: false, write: () => {} } } = options;
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
    verify: options.verify ?? false,
    signal: options.signal ?? new AbortController().signal,
    progress,
    memory: new InputMemory(),
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
