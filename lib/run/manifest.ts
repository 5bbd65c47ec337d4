import { join } from "node:path";
import { z } from "zod";
import { namesIn, readFileIfExists, removeIfExists, statIfExists } from "../files/disk.ts";
import { hashOf, sha256 } from "../files/hash.ts";
import { encodeJsonLines, JsonLines, readJsonLines, writeJsonLines } from "../files/json_lines.ts";
import { takeLock } from "./lock.ts";
import { type Shard, shardFile, shardOfFile } from "./shard.ts";

/** In place of an image's id, in the manifest of a stage that works on the data set as a whole. */
export const WHOLE_STAGE = "*";

/** A file that was written. */
export interface OutputRecord {
  /** SHA-256 of its contents. */
  readonly hash: string;
  /** Their length. */
  readonly bytes: number;
}

/** One line of a manifest: files, the settings they were made with, and from what. */
export interface ManifestRecord {
  /** The image, or {@linkcode WHOLE_STAGE}. */
  readonly id: string;
  /** Hash of the stage's settings. */
  readonly settings: string;
  /** Inputs: hashes of the outputs of other stages, the state of the image's file, the class labels. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Files by name below the stage's folder; `null`: begun and not finished. */
  readonly outputs: Readonly<Record<string, OutputRecord>> | null;
  /** Hash of the contents of the images that were read. */
  readonly photographs?: string;
  /** The checkpoints that a training ended with. They are not needed any more, and no stage reads them. */
  readonly checkpoints?: Readonly<Record<string, OutputRecord>>;
  /** Time it took. */
  readonly seconds: number;
  /** When it was done, milliseconds since 1970; later than every record before, also when the clock went back. */
  readonly time: number;
  /** Checksum of the line, see {@linkcode checksum}. */
  readonly check?: string;
}

/**
 * A name below the stage's folder, or of weights that a stage leaves right in the working directory: files are read and
 * removed by it.
 */
const fileName = z.string().regex(/^((?![\\/]|[a-z]:)(?!(.*[\\/])?\.\.([\\/]|$))|\.\.\/[\w-]+\.safetensors$)/i);
const files = z.record(fileName, z.strictObject({ hash: z.string(), bytes: z.number() }));
const schema = z.strictObject({
  id: z.string(),
  settings: z.string(),
  inputs: z.record(z.string(), z.string()),
  outputs: files.nullable(),
  photographs: z.string().optional(),
  checkpoints: files.optional(),
  seconds: z.number(),
  time: z.number(),
  check: z.string().optional(),
});

/** Tells whole records. Those of earlier versions have no checksum; one that is right leaves names of files to check. */
function isRecord(line: unknown): line is ManifestRecord {
  const record = line as ManifestRecord;
  if (typeof record?.check !== "string") return schema.safeParse(line).success;
  if (record.check !== checksum(record) || !Number.isFinite(record.time)) return false;
  const { outputs, checkpoints = {} } = record, names = [...Object.keys(outputs ?? {}), ...Object.keys(checkpoints)];
  return names.every((name) => fileName.safeParse(name).success);
}

/** Checksum of all but times and the report, which shows times: the same work gives the same. */
function checksum({ time: _, seconds: __, check: ___, outputs, ...record }: ManifestRecord): string {
  const lasting = Object.entries(outputs ?? {}).map(([file, output]) => file.endsWith(".html") ? file : [file, output]);
  return hashOf({ ...record, outputs: outputs && lasting }).slice(0, 16);
}

/**
 * The latest record of every image in the manifests of a stage's folder, those of all shards together.
 *
 * @param folder The stage's folder, which need not exist.
 * @returns Records by id.
 */
export async function readManifest(folder: string): Promise<Map<string, ManifestRecord>> {
  const latest = new Map<string, ManifestRecord>();
  for (const file of manifestFiles(folder)) {
    for (const [id, record] of lastOfEach(await readRecords(join(folder, file)))) {
      const known = latest.get(id);
      if (!known || record.time >= known.time) latest.set(id, record);
    }
  }
  return latest;
}

// By path; of a hundred thousand images a manifest takes a hundred megabytes.
const known = new Map<string, { state: string; records: WeakRef<readonly ManifestRecord[]> }>();

/** The records of a manifest; damaged lines count as absent. A file that has not changed is not read again. */
async function readRecords(path: string): Promise<readonly ManifestRecord[]> {
  const info = await statIfExists(path);
  const state = `${info?.ino} ${info?.size} ${info?.mtime?.getTime()}`;
  const found = known.get(path), kept = found?.state === state ? found.records.deref() : undefined;
  if (kept) return kept;
  const records = (await readJsonLines(path)).filter(isRecord);
  if (info) known.set(path, { state, records: new WeakRef(records) });
  else known.delete(path);
  return records;
}

function lastOfEach(records: readonly ManifestRecord[]): Map<string, ManifestRecord> {
  return new Map(records.map((record) => [record.id, record]));
}

/**
 * Puts the latest records of these images into this order, and those of other images after them, so that the same work
 * leaves the same manifest however often it was interrupted, also right here.
 *
 * @param folder The stage's folder.
 * @param options The shard whose manifest it is, and ids that are all done.
 */
export async function tidyManifest(
  folder: string,
  { shard, order }: { shard: Shard; order: readonly string[] },
): Promise<void> {
  const path = join(folder, shardFile("manifest", shard, ".jsonl"));
  const latest = lastOfEach(await readRecords(path));
  const ids = new Set([...order.filter((id) => latest.has(id)), ...latest.keys()]);
  const tidy = [...ids].map((id) => latest.get(id)!);
  const found = await readFileIfExists(path);
  if (found && sha256(found) !== sha256(encodeJsonLines(tidy))) await writeJsonLines(path, tidy);
  else await removeIfExists(`${path}.tmp`); // of a process that was killed at writing it
}

/** Adds records to the manifest of one shard. */
export class ManifestWriter {
  readonly #folder: string;
  readonly #shard: Shard;
  readonly #lines: JsonLines;
  readonly #latest: number; // time of all records before

  private constructor(lines: JsonLines, { folder, shard, latest }: { folder: string; shard: Shard; latest: number }) {
    this.#lines = lines;
    this.#latest = latest;
    this.#folder = folder;
    this.#shard = shard;
  }

  /** Opens the manifest of a shard in a stage's folder, which must exist. */
  static async open(folder: string, shard: Shard): Promise<ManifestWriter> {
    const path = join(folder, shardFile("manifest", shard, ".jsonl"));
    let latest = 0;
    for (const { time } of (await readManifest(folder)).values()) latest = Math.max(latest, time);
    return new ManifestWriter(await JsonLines.open(path), { folder, shard, latest });
  }

  /** Adds a record. */
  add(record: ManifestRecord): void {
    const time = Math.max(record.time, this.#latest + 1);
    this.#lines.append({ ...record, time, check: checksum(record) });
  }

  /**
   * Closes the manifest.
   * @param order Ids that are all done, for {@linkcode tidyManifest}; absent where they are not.
   */
  async close(order?: readonly string[]): Promise<void> {
    this.#lines.close();
    if (order) await tidyManifest(this.#folder, { shard: this.#shard, order });
  }
}

function manifestFiles(folder: string): string[] {
  return namesIn(folder).filter((name) => /^manifest(-\d+of\d+)?\.jsonl$/.test(name)).sort();
}

/**
 * Puts what the shards of a stage have recorded into the manifest of the whole stage, and removes what they have left:
 * their manifests, the locks of dead ones, their temporary files. Afterwards the folder is as if one process had made
 * everything in it.
 *
 * @param folder The stage's folder, whose lock the caller has.
 * @throws Error if a shard is still being worked on.
 */
export async function gatherShards(folder: string): Promise<void> {
  const shards = new Map<string, Shard>();
  const temporary: string[] = [];
  for (const name of namesIn(folder)) {
    const shard = shardOfFile(name, "manifest", ".jsonl") ?? shardOfFile(name, "lock", "");
    if (shard) shards.set(shardFile("shard", shard, ""), shard);
    if (/^\..*\.shard-\d+of\d+\.tmp$/.test(name)) temporary.push(name);
  }
  if (shards.size === 0 && temporary.length === 0) return;

  const locks: (() => Promise<void>)[] = [];
  try {
    for (const shard of shards.values()) locks.push(await takeLock(folder, shard));
    // Killed after the first of these steps, the next run finds every record twice, which changes nothing.
    await writeJsonLines(join(folder, "manifest.jsonl"), [...(await readManifest(folder)).values()]);
    for (const shard of shards.values()) await removeIfExists(join(folder, shardFile("manifest", shard, ".jsonl")));
    for (const name of temporary) await removeIfExists(join(folder, name));
  } finally {
    for (const unlock of locks) await unlock();
  }
}
