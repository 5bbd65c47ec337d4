import { join } from "node:path";
import { namesIn, removeIfExists } from "../files/disk.ts";
import { writeJsonLines } from "../files/json_lines.ts";
import { takeLock } from "./lock.ts";
import { readManifest } from "./manifest.ts";
import { type Shard, shardFile, shardOfFile } from "./shard.ts";

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
