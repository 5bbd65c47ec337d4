/**
 * The command line: parses it, checks the configuration, and only then loads what is heavy.
 * @module
 */
import { closestString } from "@std/text/closest-string";
import { type CommandName, COMMANDS, helpText } from "./_commands.ts";
import { exportOptions } from "./_export_options.ts";
import { type ParsedArguments, parseFlags } from "../config/flags.ts";
import { interruptible } from "./_interruptible.ts";
import { judgePredictions } from "./_judge_predictions.ts";
import { optional } from "./_optional.ts";
import { submitOptions } from "./_submit_options.ts";
import type { ProgressOptions } from "../files/terminal.ts";
import type { RunOptions } from "../run/run.ts";
import type { RunReport } from "../run/run_report.ts";
import { parseShard } from "../run/shard.ts";
import type { StageModule } from "../run/stage.ts";
import { InterruptedError, UsageError } from "../config/usage_error.ts";
import { VERSION } from "../config/version.ts";

/** Options of {@linkcode main}. */
export interface MainOptions {
  /** Address of a {@linkcode StageModule} with other stages. */
  readonly module?: string;
  /** Names of the stages among these that judge results. */
  readonly evaluationStages?: readonly string[];
  /** Does the work in a process of its own, with the permissions that it needs and no others. */
  readonly confine?: boolean;
}

/**
 * Runs a command.
 *
 * @param args The command line.
 * @param options Which stages there are.
 * @returns The exit code: 0, 1 for errors, 2 for mistakes in the command line or configuration, 130 after an interrupt.
 */
export async function main(args: readonly string[], options: MainOptions = {}): Promise<number> {
  try {
    const code = await execute(args, options);
    return typeof code === "number" ? code : 0;
  } catch (error) {
    console.error(args.includes("--debug") ? error : (error as Error).message);
    return error instanceof UsageError ? 2 : error instanceof InterruptedError ? 130 : 1;
  }
}

/** Runs a command, and returns the exit code if that is not 0, and not that of an error. */
async function execute(
  args: readonly string[],
  { confine, module: given, evaluationStages = ["measure", "evaluation"] }: MainOptions,
): Promise<number | void> {
  const module = given ?? new URL("../stages/list.ts", import.meta.url).href;
  const { command, rest } = splitCommand(args);
  const parsed = parseFlags(rest, COMMANDS[command].flags);
  const { positionals, values } = parsed;
  if (values.has("version")) return console.log(`irnet ${VERSION}, deno ${Deno.version.deno}`);
  if (values.has("help")) {
    const stageLines = command === "stage" ? await describeStages(module) : [];
    return console.log(helpText(args.length > rest.length ? command : null, stageLines));
  }
  const wanted = { stage: "the name of a stage", init: "a folder of images" }[command as string];
  const allowed = wanted ? 1 : 0;
  if (positionals.length < allowed) throw new UsageError(`Expected ${wanted} but found none`);
  if (positionals.length > allowed) {
    throw new UsageError(`Expected no argument ${positionals[allowed]} after ${command}`);
  }

  const confined = confine ? await import("./confine.ts") : null;
  if (command === "init") {
    if (confined) return await confined.runConfined(args, { command, positionals, values });
    return await initFolder(positionals[0]!, parsed);
  }

  const { loadConfig } = await import("../config/load_config.ts");
  const config = loadConfig({
    ...(usesSample(command, parsed) ? { preset: "sample" } : optional("preset", values.get("preset")?.[0])),
    ...optional("file", values.get("config")?.[0]),
    settings: settingsOf(parsed),
  });
  if (command === "config") return console.log(JSON.stringify(config, null, 2));
  const options = runOptions(parsed, { module, defaultWorkdir: config.workdir ?? `out/${config.preset}` });
  if (confined) {
    return await confined.runConfined(args, { command, positionals, values, config, workdir: options.workdir });
  }
  if (usesSample(command, parsed)) {
    const { makeSampleData } = await import("./make_sample_data.ts");
    await makeSampleData(config.data.root!, config.seed);
  }
  if (command === "evaluate") {
    const scores = await judgePredictions(parsed, { config, options });
    if (scores !== null) return console.log(scores);
  }
  const { checkPaths } = await import("../config/check_paths.ts");
  checkPaths(config);

  if (command === "export") {
    const { exportLabels } = await import("../results/export_labels.ts");
    const choices = exportOptions(parsed, options);
    return console.log(await interruptible((signal) => exportLabels(config, { ...choices, signal })));
  }
  if (command === "figures") {
    const { writeFigures } = await import("../results/write_figures.ts");
    const ids = values.get("ids")?.[0]?.split(",").map((id) => id.trim()), out = values.get("out")?.[0];
    const choices = { workdir: options.workdir, ...optional("ids", ids), ...optional("out", out) };
    return console.log(await interruptible((signal) => writeFigures(config, { ...choices, signal })));
  }
  if (command === "compare") {
    const { compare, previewComparison } = await import("./compare.ts");
    if (values.has("dry-run")) return console.log((await previewComparison(config, options)).join("\n"));
    const out = values.get("out")?.[0] ?? "out/compare";
    return console.log(await interruptible((signal) => compare(config, { ...options, out, signal })));
  }
  const chosen = withStages(options, { command, positionals, evaluationStages });
  if (command === "submit-slurm" || command === "submit-kubernetes") {
    const { submit } = await import("./submit.ts");
    return await submit(config, submitOptions(parsed, { command, run: chosen }));
  }
  const { previewRun, run } = await import("../run/run.ts");
  if (command === "dry-run" || values.has("dry-run")) {
    for (const line of await previewRun(config, chosen)) console.log(line);
    return;
  }
  const report = await interruptible((signal) => run(config, { ...chosen, signal }));
  const results = given === undefined ? await resultsOf(report, { command, ...chosen }) : null;
  const { formatRunReport } = await import("../run/run_report.ts");
  if (command !== "ablation" || !results) console.log(formatRunReport(report));
  if (results) console.log(command === "ablation" ? results : `\n${results}`);
  if (values.has("show")) await (await import("./show_curves.ts")).showCurves(chosen.workdir);
}

/** Whether a command works on the generated images: `demo` always, `compare` where nothing else is asked for. */
function usesSample(command: CommandName, { values }: ParsedArguments): boolean {
  return command === "demo" || (command === "compare" && !values.has("preset") && !values.has("config"));
}

async function initFolder(folder: string, { values }: ParsedArguments): Promise<void> {
  const { init } = await import("./init.ts");
  const value = (flag: string) => values.get(flag)?.[0];
  await init(folder, {
    ...optional("labels", value("labels")),
    ...optional("classes", value("classes")?.split(",").map((name) => name.trim())),
    ...optional("weights", value("weights")),
    ...optional("preset", value("preset")),
    ...optional("out", value("out")),
    force: values.has("force"),
    progress: progressOnTerminal(),
    write: (text) => console.log(text),
  });
}

/** The command and what follows it; without one it is `run`. */
function splitCommand(args: readonly string[]): { command: CommandName; rest: readonly string[] } {
  const first = args[0];
  if (first === undefined || first.startsWith("-")) return { command: "run", rest: args };
  if (first === "help") return { command: "run", rest: ["--help"] };
  if (Object.hasOwn(COMMANDS, first)) return { command: first as CommandName, rest: args.slice(1) };
  const names = Object.keys(COMMANDS);
  throw new UsageError(
    `Expected a command among ${names.join(", ")} but found ${first}; the nearest is ${closestString(first, names)}`,
  );
}

/** Flags that stand for settings, after those of `--set`. */
function settingsOf({ values }: ParsedArguments): [string, string][] {
  const settings = (values.get("set") ?? []).map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`Expected --set key=value but found ${text}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const shortFor: Record<string, string[]> = {
    "voc-root": ["data.root"],
    backend: ["compute.backend"],
    precision: ["compute.precision"],
    seed: ["seed"],
    list: ["data.inferList", "data.instanceList"],
    classes: ["evaluation.classes"],
    sweep: ["evaluation.camThresholds", "evaluation.pseudoThresholds"],
  };
  for (const [flag, keys] of Object.entries(shortFor)) {
    const text = values.get(flag)?.[0];
    if (text === undefined) continue;
    for (const key of keys) settings.push([key, flag === "sweep" ? expandRange(text) : text]);
  }
  return settings;
}

/** `from:to:step` → a list; anything else stays. */
function expandRange(text: string): string {
  const [from, to, step, ...more] = text.split(":").map(Number);
  if (step === undefined || more.length > 0 || !(step > 0)) return text;
  const count = Math.round((to! - from!) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number((from! + i * step).toFixed(6))).join();
}

function runOptions(
  { values }: ParsedArguments,
  { module, defaultWorkdir }: { module: string; defaultWorkdir: string },
): RunOptions {
  const value = (flag: string) => values.get(flag)?.[0];
  const limit = value("limit"), shard = value("shard"), onBadImage = value("on-bad-image") ?? "fail";
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) {
    throw new UsageError(`Expected a whole number of at least 1 for --limit but found ${limit}`);
  }
  if (onBadImage !== "fail" && onBadImage !== "skip") {
    throw new UsageError(`Expected --on-bad-image fail or skip but found ${onBadImage}`);
  }
  return {
    workdir: value("workdir") ?? defaultWorkdir,
    module,
    ...optional("stages", value("stages")?.split(",").map((name) => name.trim())),
    force: values.has("force"),
    verify: values.has("verify"),
    ...optional("limit", limit === undefined ? undefined : Number(limit)),
    ...optional("shard", shard === undefined ? undefined : parseShard(shard)),
    onBadImage,
    progress: progressOnTerminal(),
  };
}

function progressOnTerminal(): ProgressOptions {
  return {
    terminal: Deno.stderr.isTerminal(),
    write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  };
}

/** The stages that a command stands for. */
function withStages(
  options: RunOptions,
  { command, positionals, evaluationStages }: {
    command: CommandName;
    positionals: readonly string[];
    evaluationStages: readonly string[];
  },
): RunOptions {
  if (command === "stage") return { ...options, stages: positionals };
  return command === "evaluate" ? { ...options, stages: evaluationStages } : options;
}

/** What there is to show after a run that came to its evaluation. */
async function resultsOf(
  { stages }: RunReport,
  { command, workdir }: RunOptions & { command: CommandName },
): Promise<string | null> {
  if (!stages.some(({ stage }) => stage === "evaluation")) return null;
  const { describeResults } = await import("../results/tables.ts");
  return await describeResults(command === "evaluate" || command === "ablation" ? command : "run", workdir);
}

async function describeStages(module: string): Promise<string[]> {
  const { stages }: StageModule = await import(module);
  return stages.map(({ name, section }) => `${name.padEnd(16)} ${section}`);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
