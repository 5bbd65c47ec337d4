import type { Config } from "../config/config.ts";
import type { Stage } from "./stage.ts";
import { UsageError } from "../config/usage_error.ts";
import type { BackendReport } from "../tensor/backend.ts";
import { estimateRun, formatEstimates, readingSizeAdvice } from "./estimate.ts";
import { describeDoubts, describePlan, type Plan } from "./plan.ts";
import { runImageStage } from "./run_image_stage.ts";
import { keepTrainings } from "./retraining.ts";
import { type RunReport, saveRunReport, type StageReport } from "./run_report.ts";
import { runWholeStage } from "./run_whole_stage.ts";
import { contextOf, openSession, planIn, type RunOptions, type Session } from "./session.ts";
import { watchPeakMemory } from "./usage.ts";

export type { RunOptions };

/**
 * Runs the stages in their order. What the manifests prove done is skipped, so a run that was stopped, or killed, goes
 * on where it was, and a changed setting redoes the stages that depend on it. Timings and versions are stored as
 * `run.json`.
 *
 * @param config The configuration.
 * @param options What to run, and where.
 * @returns What was done.
 * @throws UsageError if a stage does not exist, or is not asked for by the configuration, or if the data set lacks a
 * list that all stages together need; if settings would throw away a training that took over a minute.
 * @throws Error naming stage and image if one fails; the signal's reason if it was aborted.
 */
export async function run(config: Config, options: RunOptions): Promise<RunReport> {
  let backend: BackendReport | null = null;
  const { selected, session } = await openSession(config, options, (report) => backend = report);
  const { signal, shard } = session, keeps = options.keeps ?? config;
  await keepTrainings(selected, session, keeps);
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
    await saveRunReport({ stages, backend, waitsFor }, { ...session, config: keeps });
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
 * @returns A line for each stage, and for each doubt about their images; then a table of the time, memory and disk that all of it is expected to need.
 * @throws UsageError if a stage does not exist, or is not asked for by the configuration, or if the data set lacks a
 * list that all stages together need.
 */
export async function previewRun(config: Config, options: RunOptions): Promise<string[]> {
  const { selected, session } = await openSession(config, options);
  const pending = new Map<string, ReadonlySet<string>>();
  const plans: { stage: Stage; plan: Plan }[] = [];
  for (const stage of selected) {
    const plan = await planIn(session, stage, pending);
    pending.set(stage.name, new Set(plan.tasks.map(({ id }) => id)));
    plans.push({ stage, plan });
  }
  const estimates = await estimateRun(plans, session);
  const context = contextOf(session);
  const doubts = plans.flatMap(({ stage, plan }) =>
    stage.kind === "whole" && plan.tasks.length > 0 ? describeDoubts(stage, stage.doubts?.(context)) : []
  );
  const lines = [
    ...plans.map(({ stage, plan }) => describePlan(stage, plan)),
    ...(doubts.length > 0 ? ["", ...doubts] : []),
  ];
  const advice = await readingSizeAdvice(session);
  const table = estimates.length === 0
    ? []
    : ["", formatEstimates(estimates, session.workdir), ...advice === null ? [] : ["", advice]];
  const refusal = await keepTrainings(selected, session, options.keeps ?? config).catch((error) => error);
  if (refusal !== undefined && !(refusal instanceof UsageError)) throw refusal;
  return [...lines, ...table, ...refusal ? ["", `A run would end at once. ${refusal.message}`] : []];
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
  const { selected, session } = await openSession(config, options);
  await keepTrainings(selected, session, options.keeps ?? config);
  return selected;
}
