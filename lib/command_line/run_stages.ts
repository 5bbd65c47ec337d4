/**
 * Common ground of commands that run stages: where and how to run, interrupts, permissions, and results to show in the
 * end.
 * @module
 */
import { dirname } from "node:path";
import type { Config } from "../config/schema.ts";
import { InterruptedError } from "../config/usage_error.ts";
import type { ProgressOptions } from "../files/terminal.ts";
import type { RunOptions } from "../run/session.ts";
import { parseShard } from "../run/shard.ts";
import { defined } from "../config/flags.ts";
import type { Invocation, Permissions } from "./command.ts";
import { showCurves, VIEWER } from "./show_curves.ts";

/** Address of the list of all stages. */
export const STAGES: string = new URL("../stages/list.ts", import.meta.url).href;

/** Where and how to run, as the flags say. @throws UsageError for values that they cannot have. */
export function runOptions({ given, workdir, module }: Invocation): RunOptions {
  const shard = given.value("shard");
  return {
    workdir,
    module,
    force: given.has("force"),
    retrain: given.has("retrain"),
    verify: given.has("verify"),
    onBadImage: given.has("on-bad-image") ? given.choice<"fail" | "skip">("on-bad-image", ["fail", "skip"]) : "fail",
    progress: progressOnTerminal(),
    ...defined({
      stages: given.words("stages"),
      limit: given.count("limit"),
      shard: shard === undefined ? undefined : parseShard(shard),
    }),
  };
}

/** Shows progress on standard error. */
export function progressOnTerminal(): ProgressOptions {
  return {
    terminal: Deno.stderr.isTerminal(),
    write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  };
}

/** Does work that SIGINT and SIGTERM abort; a second one ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  const interrupt = () => {
    if (controller.signal.aborted) {
      // Terminals send a signal to all processes of a task, and these pass it on: that makes no second one.
      if (performance.now() - first > 300) Deno.exit(130);
      return;
    }
    first = performance.now();
    console.error("\nStopping after what is under way; again to stop at once");
    controller.abort(new InterruptedError("Interrupted; the same command goes on from here"));
  };
  const signals = Deno.build.os === "windows" ? ["SIGINT"] as const : ["SIGINT", "SIGTERM"] as const;
  for (const name of signals) Deno.addSignalListener(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) Deno.removeSignalListener(name, interrupt);
  }
}

/** A run reads what its configuration names, and writes the working directory; `--show` serves a page, too. */
export function runPermissions(invocation: Invocation): Permissions {
  const { given, config, workdir } = invocation;
  runOptions(invocation); // so that mistakes show before a process starts
  return {
    config,
    write: [workdir],
    read: given.has("dry-run") ? [dirname(workdir)] : [], // expected times come from runs beside this one
    ...given.has("show") ? VIEWER : {},
  };
}

/**
 * Runs stages, or says what there is to do with `--dry-run`; shows the curves with `--show`.
 *
 * @param invocation The command line.
 * @param options Names of the stages, absent: those of the flags; what the results are shown as, if the run comes to
 * them; and `isDry`, to do as `--dry-run`.
 * @returns What to print.
 */
export async function runStages(
  invocation: Invocation,
  { stages, shows = "run", isDry = invocation.given.has("dry-run") }: {
    stages?: readonly string[];
    shows?: "run" | "evaluate" | "ablation";
    isDry?: boolean;
  } = {},
): Promise<string | void> {
  const { given, config, module, workdir } = invocation;
  const options = { ...runOptions(invocation), ...defined({ stages }) };
  (await import("../config/check_paths.ts")).checkPaths(config);
  const { previewRun, run } = await import("../run/run.ts");
  const used = module === STAGES ? await configOf(options.stages ?? [], config) : config;
  if (isDry) return (await previewRun(used, { ...options, keeps: config })).join("\n");
  const report = await interruptible((signal) => run(used, { ...options, keeps: config, signal }));
  const done = report.stages.map(({ stage }) => stage);
  const results = module === STAGES ? await describeResultsOf(done, { shows, config, workdir }) : null;
  const { formatRunReport } = await import("../run/run_report.ts");
  if (shows !== "ablation" || results === null) console.log(formatRunReport(report));
  if (results !== null) console.log(shows === "ablation" ? results : `\n${results}`);
  if (given.has("show")) await showCurves(workdir);
}

/** The configuration that stages run with: those of the comparison make labels of the images they train on. */
export async function configOf(stages: readonly string[], config: Config): Promise<Config> {
  const { comparisonConfig, irnetStages, trialStages } = await import("../stages/list.ts");
  const isIrnets = (name: string) => [...irnetStages, ...trialStages].some((stage) => stage.name === name);
  return stages.every(isIrnets) ? config : comparisonConfig(config);
}

/** Results to show after a run that came to its evaluation, a sweep or a comparison. */
async function describeResultsOf(
  stages: readonly string[],
  { shows, config, workdir }: { shows: "run" | "evaluate" | "ablation"; config: Config; workdir: string },
): Promise<string | null> {
  const tables = await import("../results/tables.ts"), texts: string[] = [];
  if (stages.includes("evaluation")) texts.push(await tables.describeResults(shows, workdir));
  if (stages.includes("sweep_table")) texts.push(await tables.describeSweep(workdir));
  if (stages.includes("thresholds")) {
    texts.push(await (await import("../results/thresholds.ts")).describeThresholds(config, workdir));
  }
  if (stages.includes("compare")) texts.push(await tables.describeComparison(workdir));
  return texts.length > 0 ? texts.join("\n\n") : null;
}
