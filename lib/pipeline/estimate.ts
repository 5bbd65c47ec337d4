import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../config.ts";
import type { Stage } from "../stage.ts";
import { findLibrary } from "../tensor/tensorflow/find_library.ts";
import { readFileIfExists } from "./_files.ts";
import { hashOf } from "./_hash.ts";
import { readJsonLines } from "./_json_lines.ts";
import { textTable } from "./_text_table.ts";
import type { Expectation, Expecting, ImageSize } from "./expectations.ts";
import { readManifest } from "./manifest.ts";
import type { Plan } from "./plan.ts";
import { formatTime } from "./progress.ts";
import { parseRunReport, type StageReport } from "./run_report.ts";
import { contextOf, type Session } from "./session.ts";
import { workersOf } from "./workers_of.ts";

/** What the rest of a stage is expected to need. */
export interface Estimate {
  /** Name of the stage. */
  readonly stage: string;
  /** What there is to do, in words. */
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

/** What an earlier run has measured. */
interface Earlier {
  readonly workdir: string;
  readonly config: Config;
  readonly backend: { readonly name: string } | null;
  readonly stages: readonly StageReport[];
}

/**
 * Estimates what a run will need. The pace of a stage is that of an earlier run with the same settings, in the same
 * working directory or in one beside it, such as a trial with `--limit 20`; without one it is what such stages take on
 * a usual computer.
 *
 * @param plans What the stages have to do.
 * @param session The run.
 * @param expectations What stages need, by their names.
 * @returns An estimate for each stage that has something to do.
 */
export async function estimateRun(
  plans: readonly { stage: Stage; plan: Plan }[],
  session: Session,
  expectations: Readonly<Record<string, Expecting>>,
): Promise<Estimate[]> {
  const context = contextOf(session);
  const size: ImageSize = { megapixels: await usualSize(session), backend: backendOf(session.config) };
  const earlier = await earlierRuns(session.workdir);
  const estimates: Estimate[] = [];
  for (const { stage, plan } of plans) {
    const expecting = expectations[stage.name];
    if (plan.tasks.length === 0 || !expecting) continue;
    const needs = expecting.needs(context, size);
    const like = (run: Earlier) => isLike(run, { session, expecting, backend: size.backend });
    const measured = await measurements(stage, earlier.filter(like));
    const left = await partsLeft(needs, { stage, plan, workdir: session.workdir });
    const files = stage.kind === "image" ? plan.tasks.length : 1;
    estimates.push({
      stage: stage.name,
      todo: left.map(({ count, unit }) => `${count} ${unit}`).join(", "),
      seconds: left.reduce(
        (sum, { count, seconds }, i) => sum + count * (measured?.pace[i] ?? seconds),
        measured?.start ?? 1,
      ),
      memory: measured?.memory ?? needs.memory,
      disk: files * (measured?.bytes ?? needs.bytes),
      measuredIn: measured?.workdir ?? null,
    });
  }
  return estimates;
}

/** Estimates as a table, and what all stages need together. */
export function formatEstimates(estimates: readonly Estimate[]): string {
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
    ...(rough
      ? ["~ is a guess; the same command with --limit 20 and a working directory beside this one measures"]
      : []),
  ].join("\n");
}

function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

/** Megapixels of an image: the mean of some that can be read; else as those of VOC. */
async function usualSize(session: Session): Promise<number> {
  const { dataset, config } = session, ids = dataset.list(config.data.trainList);
  const some = Array.from({ length: 8 }, (_, i) => ids[Math.floor(i * ids.length / 8)]!);
  const sizes = await Promise.all(
    some.map((id) => dataset.readImage(id).then(({ width, height }) => [width * height / 1e6], () => [])),
  );
  const found = sizes.flat();
  return found.length === 0 ? 0.1875 : found.reduce((sum, size) => sum + size, 0) / found.length;
}

function backendOf({ compute: { backend } }: Config): string {
  return backend !== "auto" ? backend : findLibrary().path === null ? "wasm" : "tensorflow";
}

/** The reports of this working directory and of those beside it, the largest runs first. */
async function earlierRuns(workdir: string): Promise<Earlier[]> {
  const own = resolve(workdir), parent = dirname(own), others: Earlier[] = [];
  const read = async (folder: string): Promise<Earlier[]> => {
    const bytes = await readFileIfExists(join(folder, "run.json")).catch(() => null);
    const report = bytes && parseRunReport(bytes);
    return report ? [{ ...report, workdir: folder }] : [];
  };
  try {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (isDirectory && join(parent, name) !== own) others.push(...await read(join(parent, name)));
    }
  } catch { /* no such folder, or no permission to look around */ }
  const images = ({ stages }: Earlier) => Math.max(0, ...stages.map(({ total }) => total));
  return [...await read(own), ...others.sort((a, b) => images(b) - images(a))];
}

/** Whether a stage goes at the same pace in an earlier run. */
function isLike(
  run: Earlier,
  { session, expecting, backend }: { session: Session; expecting: Expecting; backend: string },
): boolean {
  try {
    const { config } = session;
    return hashOf(expecting.settings(run.config)) === hashOf(expecting.settings(config)) &&
      (run.backend?.name ?? backend) === backend && run.config.compute.threads === config.compute.threads &&
      workersOf(run.config) === workersOf(config);
  } catch {
    return false; // a configuration of another version
  }
}

interface Measurements {
  readonly workdir: string;
  readonly pace: readonly (number | null)[];
  readonly memory: number;
  /** Seconds that it took whatever the number of images. */
  readonly start: number;
  readonly bytes: number | undefined;
}

/** What the first of these runs that measured a stage says about it. */
async function measurements(stage: Stage, runs: readonly Earlier[]): Promise<Measurements | null> {
  for (const { workdir, stages } of runs) {
    const report = stages.find((report) => report.stage === stage.name);
    if (!report?.pace?.[0]) continue;
    const records = stage.kind === "image" ? [...(await readManifest(join(workdir, stage.name))).values()] : [];
    const sizes = records.flatMap(({ outputs }) => outputs ? [outputs] : []).map((outputs) =>
      Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0)
    );
    return {
      workdir: basename(workdir),
      pace: report.pace,
      memory: report.peakMemory,
      start: report.seconds - (report.paced ?? report.seconds),
      bytes: sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length,
    };
  }
  return null;
}

/** The parts of a stage's work, without what is done. */
async function partsLeft(
  { parts }: Expectation,
  { stage, plan, workdir }: { stage: Stage; plan: Plan; workdir: string },
): Promise<Expectation["parts"]> {
  if (stage.kind === "image") return [{ ...parts[0]!, count: plan.tasks.length }];
  if (!plan.tasks[0]!.continues || parts[0]!.unit !== "steps") return parts;
  const log = await readJsonLines(join(workdir, stage.name, "log.jsonl")) as { step?: number }[];
  const done = Math.max(0, ...log.map(({ step }) => (step ?? -1) + 1));
  return [{ ...parts[0]!, count: Math.max(0, parts[0]!.count - done) }, ...parts.slice(1)];
}
