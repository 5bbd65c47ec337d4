import { join } from "node:path";
import type { Config } from "../config.ts";
import type { BackendReport } from "../tensor/backend.ts";
import { readFileIfExists, replaceFile } from "./_files.ts";
import { textTable } from "./_text_table.ts";
import { formatRate, formatTime } from "./progress.ts";
import { type Shard, shardFile } from "./shard.ts";
import { VERSION } from "./version.ts";

/** What a stage did. */
export interface StageReport {
  /** Name of the stage. */
  readonly stage: string;
  /** Images it is about; 1 for a stage that works on the data set as a whole. */
  readonly total: number;
  /** How many it processed. */
  readonly made: number;
  /** How many it left out because they cannot be read. */
  readonly skipped: number;
  /** Time it took. */
  readonly seconds: number;
  /** Peak memory of the process meanwhile, bytes. */
  readonly peakMemory: number;
}

/** What a run did. */
export interface RunReport {
  /** What the stages did, in their order. */
  readonly stages: readonly StageReport[];
  /** The backend of tensors; `null` if nothing needed it. */
  readonly backend: BackendReport | null;
  /** In a shard: the stage that has to be run as a whole before the shards can go on. */
  readonly waitsFor: string | null;
}

/**
 * Stores timings and versions as `run.json` in the working directory. A stage that had nothing to do keeps what an
 * earlier run stored about it.
 */
export async function saveRunReport(
  { stages, backend }: RunReport,
  { workdir, shard, config }: { workdir: string; shard: Shard; config: Config },
): Promise<void> {
  const path = join(workdir, shardFile("run", shard, ".json"));
  const earlier = readEarlier(await readFileIfExists(path));
  const fresh = stages.filter(({ made, stage }) => made > 0 || !earlier.stages.some((old) => old.stage === stage));
  const kept = earlier.stages.filter((old) => !fresh.some(({ stage }) => stage === old.stage));
  const report = {
    versions: { irnet: VERSION, ...Deno.version },
    backend: backend ?? earlier.backend,
    stages: [...kept, ...fresh],
    config,
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`);
  await replaceFile(path, bytes, { temporary: `${path}.tmp` });
}

function readEarlier(bytes: Uint8Array | null): { stages: StageReport[]; backend: BackendReport | null } {
  try {
    return JSON.parse(new TextDecoder().decode(bytes ?? new Uint8Array()));
  } catch {
    return { stages: [], backend: null };
  }
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
