import { dirname, join } from "node:path";
import type { Config } from "../config/config.ts";
import { MADE_FOR } from "../config/init_config.ts";
import type { Stage, StageCost } from "./stage.ts";
import { findLibrary } from "../tensor/tensorflow/find_library.ts";
import { findAdapter } from "../tensor/webgpu/start.ts";
import { earlierRuns, measurements, usualImage } from "./earlier_runs.ts";
import { readJsonLines } from "../files/json_lines.ts";
import type { Plan } from "./plan.ts";
import { formatTime, textTable } from "../files/terminal.ts";
import { contextOf, type Session } from "./session.ts";

/** Expected needs of the rest of a stage. */
export interface Estimate {
  /** Name of the stage. */
  readonly stage: string;
  /** Work left, in words. */
  readonly todo: string;
  /** Time. */
  readonly seconds: number;
  /** Memory at its peak, bytes. */
  readonly memory: number;
  /** Room on the disk, bytes. */
  readonly disk: number;
  /** Folder of the run in which the pace was measured; `null`: nowhere. */
  readonly measuredIn: string | null;
}

/**
 * Estimates what a run will need: what a stage takes to start and for each unit of its work, as an earlier run has
 * measured it, in the same working directory or in one beside it, such as a trial with `--limit 20`. Where that run's
 * images, classes, crops, batches or cores were others, its pace counts in proportion to what such units are expected to
 * cost; without such a run it is what they take on a usual computer.
 *
 * @param plans What the stages have to do.
 * @param session The run.
 * @returns An estimate for each stage that has something to do and tells what it costs.
 */
export async function estimateRun(
  plans: readonly { stage: Stage; plan: Plan }[],
  session: Session,
): Promise<Estimate[]> {
  const context = contextOf(session), backend = await backendOf(session.config);
  const image = await usualImage(context, backend);
  const earlier = await earlierRuns(session, backend);
  const estimates: Estimate[] = [];
  for (const { stage, plan } of plans) {
    const { cost } = stage;
    if (plan.tasks.length === 0 || !cost) continue;
    const needs = cost.estimate(context, image);
    const measured = await measurements(stage, { needs, cost, session, runs: earlier });
    const left = await partsLeft(needs, { stage, plan, workdir: session.workdir });
    const files = stage.kind === "image" ? plan.tasks.length : 1;
    estimates.push({
      stage: stage.name,
      todo: left.map(({ count, unit }) => `${count} ${unit}`).join(", "),
      seconds: left.reduce(
        (sum, { count, seconds }, i) => sum + count * seconds * (measured?.factors[i] ?? 1),
        measured?.start ?? 1,
      ),
      memory: measured?.memory ?? needs.memory,
      disk: files * (measured?.bytes ?? needs.bytes),
      measuredIn: measured?.workdir ?? null,
    });
  }
  return estimates;
}

/** Advice where images are larger than those that the preset was made for; `null`: none. */
export async function readingSizeAdvice(session: Session): Promise<string | null> {
  const { preset } = session.config, { longest } = await usualImage(contextOf(session), "");
  if (longest <= 1.25 * MADE_FOR[preset]) return null;
  return `images of up to ${longest} pixels, larger than those that the preset ${preset} was made for: with ` +
    `--set data.longSide=${
      MADE_FOR[preset]
    } they are read at that size, in less time and memory, and masks come out at ` +
    "full size";
}

/** Estimates as a table, and what all stages need together. */
export function formatEstimates(estimates: readonly Estimate[], workdir: string): string {
  const sum = (key: "seconds" | "disk") => estimates.reduce((sum, estimate) => sum + estimate[key], 0);
  const rows = estimates.map(({ stage, todo, seconds, memory, disk, measuredIn }) => [
    ...[stage, todo, `${measuredIn === null ? "~" : ""}${formatTime(seconds)}`, formatBytes(memory), formatBytes(disk)],
    measuredIn === null ? "not measured" : measuredIn,
  ]);
  const memory = Math.max(...estimates.map((estimate) => estimate.memory));
  const rough = estimates.some(({ measuredIn }) => measuredIn === null);
  return [
    textTable([
      ["expected", "to do", "time", "memory", "disk", "pace from"],
      ...rows,
      ["all", "", `${rough ? "~" : ""}${formatTime(sum("seconds"))}`, formatBytes(memory), formatBytes(sum("disk"))],
    ]),
    ...(rough ? [`~ is a guess; to measure: the same command with --limit 20 --workdir ${trialBeside(workdir)}`] : []),
  ].join("\n");
}

function trialBeside(workdir: string): string {
  return join(dirname(workdir), "trial");
}

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** What `auto` will be, as far as can be told without starting it; TensorFlow on a GPU is about as fast as `webgpu`. */
async function backendOf({ compute: { backend } }: Config): Promise<string> {
  if (backend !== "auto") return backend;
  const adapter = await findAdapter();
  if (adapter && !adapter.software) return "webgpu";
  return findLibrary().path === null ? "wasm" : "tensorflow";
}

/** The parts of a stage's work, without what is done. */
async function partsLeft(
  { parts }: StageCost,
  { stage, plan, workdir }: { stage: Stage; plan: Plan; workdir: string },
): Promise<StageCost["parts"]> {
  if (stage.kind === "image") return [{ ...parts[0]!, count: plan.tasks.length }];
  if (!plan.tasks[0]!.continues) return parts;
  const log = await readJsonLines(join(workdir, stage.name, "log.jsonl")) as { step?: number }[];
  const done = Math.max(0, ...log.map(({ step }) => (step ?? -1) + 1));
  return parts.map((part) => part.unit === "steps" ? { ...part, count: Math.max(0, part.count - done) } : part);
}
