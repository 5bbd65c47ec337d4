import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { BackendReport } from "../tensor/backend.ts";
import { namesIn, readFileIfExists, removeIfExists, replaceFile } from "../files/disk.ts";
import { completeConfig } from "../config/load_config.ts";
import { formatRate, formatTime, textTable } from "../files/terminal.ts";
import { type Shard, shardFile, shardOfFile } from "./shard.ts";
import { VERSION } from "../config/version.ts";

/** Work that a stage did, and its time and memory. */
export interface StageReport {
  /** Name of the stage. */
  readonly stage: string;
  /** Images it is about; 1 for a stage that works on the data set as a whole. */
  readonly total: number;
  /** Images that it processed. */
  readonly made: number;
  /** Images that it left out because they cannot be read. */
  readonly skipped: number;
  /** Time it took. */
  readonly seconds: number;
  /** Peak memory of the process meanwhile, bytes. */
  readonly peakMemory: number;
  /** Seconds an image, or a step of a training and an image that it looked at afterwards, took without the start. */
  readonly pace?: readonly (number | null)[];
  /** Seconds that its units take at these paces; the others, start and end, do not grow with the number of images. */
  readonly paced?: number;
  /** Number of images that lists were cut to; `null`: they were not. */
  readonly limit?: number | null;
}

/** Work that a run did. */
export interface RunReport {
  /** Work of the stages, in their order. */
  readonly stages: readonly StageReport[];
  /** The backend of tensors; `null` if nothing needed it. */
  readonly backend: BackendReport | null;
  /** In a shard: the stage that has to be run as a whole before the shards can go on. */
  readonly waitsFor: string | null;
}

/**
 * Stores timings and versions as `run.json` in the working directory; a shard leaves those of a stage in the stage's
 * folder, for the next run as a whole to add up. A stage that had nothing to do keeps what an earlier run stored about it.
 */
export async function saveRunReport(
  { stages, backend }: RunReport,
  { workdir, shard, config }: { workdir: string; shard: Shard; config: Config },
): Promise<void> {
  const save = async (path: string, stages: readonly StageReport[]) => {
    const earlier = await readReport(path);
    const stored = earlier?.stages ?? [];
    const fresh = stages.filter(({ made, stage }) => made > 0 || !stored.some((old) => old.stage === stage));
    const kept = stored.filter((old) => !fresh.some(({ stage }) => stage === old.stage));
    const report = {
      versions: { irnet: VERSION, ...Deno.version },
      backend: backend ?? earlier?.backend ?? null,
      stages: [...kept, ...fresh],
      config,
    };
    const bytes = new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`);
    await replaceFile(path, bytes, { temporary: `${path}.tmp` });
  };
  if (shard.count > 1) {
    const last = stages.at(-1)!;
    return await save(join(workdir, last.stage, shardFile("run", shard, ".json")), [last]);
  }
  const shared = await Promise.all(stages.map(({ stage }) => reportsOfShards(join(workdir, stage))));
  await save(join(workdir, "run.json"), stages.map((report, i) => total([report, ...shared[i]!.reports])));
  for (const path of shared.flatMap(({ paths }) => paths)) await removeIfExists(path);
}

async function readReport(path: string): Promise<StoredReport | null> {
  const bytes = await readFileIfExists(path);
  return bytes && parseRunReport(bytes);
}

/** Reports that the shards of a stage have stored. */
async function reportsOfShards(folder: string): Promise<{ paths: string[]; reports: StageReport[] }> {
  const names = namesIn(folder).filter((name) => shardOfFile(name, "run", ".json"));
  const paths = names.sort().map((name) => join(folder, name));
  const found = await Promise.all(paths.map(async (path) => (await readReport(path))?.stages ?? []));
  return { paths, reports: found.flat() };
}

/** Shards that ran side by side as one: the time is that of the slowest. */
function total(reports: readonly [StageReport, ...StageReport[]]): StageReport {
  if (reports.length === 1) return reports[0];
  const sum = (key: "made" | "skipped") => reports.reduce((sum, report) => sum + report[key], 0);
  const most = (key: "total" | "seconds" | "peakMemory") => Math.max(...reports.map((report) => report[key]));
  return {
    stage: reports[0].stage,
    total: most("total"),
    made: sum("made"),
    skipped: sum("skipped"),
    seconds: most("seconds"),
    peakMemory: most("peakMemory"),
    pace: reports.find(({ pace }) => pace?.[0])?.pace ?? [],
    paced: Math.max(...reports.map(({ paced = 0 }) => paced)),
    limit: reports[0].limit ?? null,
  };
}

/** Contents of `run.json`. */
export interface StoredReport extends Pick<RunReport, "stages" | "backend"> {
  /** Versions of programs by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** The configuration of the last run. */
  readonly config: Config;
}

/** The contents of a `run.json`, or `null` if they are damaged or those of another program. */
export function parseRunReport(bytes: Uint8Array): StoredReport | null {
  try {
    const { stages, versions, backend, config } = JSON.parse(new TextDecoder().decode(bytes));
    if (!stages.every(isStageReport) || typeof versions !== "object") return null;
    return { stages, versions, backend: backend ?? null, config: completeConfig(config) };
  } catch {
    return null;
  }
}

function isStageReport(value: unknown): value is StageReport {
  const { stage, ...numbers } = (value ?? {}) as Partial<StageReport>;
  const keys = ["total", "made", "skipped", "seconds", "peakMemory"] as const;
  return typeof stage === "string" && keys.every((key) => typeof numbers[key] === "number");
}

/** A table of what the stages did, one line each. */
export function formatRunReport({ stages, waitsFor }: RunReport): string {
  const rows = stages.map(({ stage, total, made, skipped, seconds, peakMemory }) => [
    stage,
    `${made} of ${total}${skipped ? `, ${skipped} left out` : ""}`,
    formatTime(seconds),
    made > 1 ? formatRate(made / seconds) : "",
    `${(peakMemory / 2 ** 30).toFixed(2)} GiB`,
  ]);
  const table = textTable([["stage", "made", "time", "rate", "peak memory"], ...rows]);
  return waitsFor ? `${table}\n${waitsFor} is not shared out: run it without --shard, then the shards again` : table;
}
