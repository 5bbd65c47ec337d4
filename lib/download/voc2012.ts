/**
 * `deno task data:voc2012`: downloads VOC 2012, verifies it, unpacks it, and makes the augmented training list.
 * @module
 */
import { join } from "node:path";
import { type Arguments, type Flags, type FlagValues, runScript } from "../config/flags.ts";
import { UsageError } from "../config/usage_error.ts";
import { exists, isFolder, namesIn, replaceFile } from "../files/disk.ts";
import { unpackTar } from "../files/unpack.ts";
import { DOWNLOAD_FLAGS, obtain, progressIn, verified } from "./_obtain.ts";
import { augmentedList, readIdList, sbdLists } from "./lists.ts";
import { type RegistryEntry, registryEntry } from "./registry.ts";

const HELP = `data:voc2012 [flags]

Gets PASCAL VOC 2012's training and validation data (2 GB), and unpacks it to VOCdevkit/VOC2012 below --out. With --from
it also takes VOC2012 itself, unpacked, which is only checked then.

An interrupted download goes on where it was. The archives stay in --out; they are not needed afterwards.`;

const FLAGS = {
  out: { value: "folder", help: "where it goes, default datasets", path: "writes" },
  ...DOWNLOAD_FLAGS,
  sbd: {
    value: "path",
    help: "the Semantic Boundaries Dataset, archive benchmark.tgz or unpacked: writes the list train_aug",
    path: "reads",
  },
  augmented: { help: "downloads the SBD's archive for that (1.4 GB)" },
} satisfies Flags;

const INSIDE = "VOCdevkit/VOC2012"; // in the archive

/** Gets the data set and says where it is. */
async function main(
  { out = "datasets", from, registry, sbd, augmented }: FlagValues<typeof FLAGS>,
  { values }: Arguments,
): Promise<void> {
  if (sbd !== undefined && !await exists(sbd)) {
    throw new UsageError(`Expected a file or folder at --sbd ${sbd} but found nothing`);
  }
  if (augmented !== undefined && (from !== undefined || sbd !== undefined)) {
    throw new UsageError("Expected --augmented, which downloads, without --from and --sbd; --sbd takes what is there");
  }
  const entry = await registryEntry("voc2012", registry), mirrors = values.get("mirror");
  let root = from === undefined ? null : await findUnpacked(from);
  if (!root) {
    root = join(out, INSIDE);
    if (await exists(root)) console.error(`${root} is there already`);
    else await unpack(await obtain(entry, { folder: out, from, mirrors }), { entry, out });
  }
  checkCounts(root, entry);
  if (sbd !== undefined || augmented !== undefined) {
    await writeAugmentedList(root, { source: sbd, out, mirrors, entry: await registryEntry("sbd", registry) });
  }
  console.log(`PASCAL VOC 2012 is in ${root}: --voc-root ${root}`);
}

/** VOC2012 at or below a path, if it is unpacked there. */
async function findUnpacked(path: string): Promise<string | null> {
  for (const inside of ["", "VOC2012", INSIDE]) {
    if (await exists(join(path, inside, "JPEGImages"))) return join(path, inside);
  }
  return null;
}

/** Unpacks to a folder beside the final one, which appears only when it is complete. */
async function unpack(archive: string, { entry, out }: { entry: RegistryEntry; out: string }): Promise<void> {
  const file = await Deno.open(archive);
  // `null`: this file system has no locks
  if (await file.tryLock(true).catch(() => null) === false) {
    throw new Error(`Expected to be alone at ${archive} but found another process at it`);
  }
  const temporary = join(out, ".unpacking");
  if (await exists(temporary)) await Deno.remove(temporary, { recursive: true });
  await Deno.mkdir(temporary, { recursive: true });
  try {
    using bar = progressIn("bytes", "unpacking");
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bar.update(bytes += chunk.length, entry.bytes);
        controller.enqueue(chunk);
      },
    });
    // What is inside cannot be larger than the archive, which is not compressed.
    const limits = { maxBytes: entry.bytes, maxEntries: 200_000 };
    await unpackTar(file.readable.pipeThrough(counted), temporary, { name: archive, limits });
    if (!await exists(join(temporary, INSIDE))) throw new Error(`Expected ${INSIDE} in ${archive} but found none`);
    await Deno.mkdir(join(out, INSIDE, ".."), { recursive: true });
    await Deno.rename(join(temporary, INSIDE), join(out, INSIDE));
  } finally {
    await Deno.remove(temporary, { recursive: true });
  }
}

function checkCounts(root: string, { counts = {} }: RegistryEntry): void {
  for (const [folder, expected] of Object.entries(counts)) {
    const path = join(root, folder);
    const found = namesIn(path).length;
    if (found !== expected) throw new Error(`Expected ${expected} files in ${path} but found ${found}`);
  }
}

/**
 * Writes the list `train_aug` from the SBD's lists and VOC's. The images and their class names are VOC's own: all images
 * of the SBD are among the training and validation images of VOC 2012, whose XML files have the classes.
 */
async function writeAugmentedList(
  root: string,
  { source, out, mirrors, entry }: {
    source: string | undefined;
    out: string;
    mirrors: readonly string[] | undefined;
    entry: RegistryEntry;
  },
): Promise<void> {
  const path = source ?? await obtain(entry, { folder: out, mirrors });
  if (source !== undefined && !isFolder(source)) await verified(source, entry);
  const { train, val } = await sbdLists(path);
  const lists = join(root, "ImageSets", "Segmentation");
  const voc = async (name: string) => {
    const file = join(lists, `${name}.txt`);
    return readIdList(await Deno.readTextFile(file), file);
  };
  const ids = augmentedList({ sbdTrain: train, sbdVal: val, vocTrain: await voc("train"), vocVal: await voc("val") });
  const found: Record<string, number> = { train: train.length, val: val.length, train_aug: ids.length };
  for (const [name, expected] of Object.entries(entry.counts ?? {})) {
    if (found[name] !== expected) {
      throw new Error(`Expected ${expected} ids in ${name} from ${path} and ${lists} but found ${found[name]}`);
    }
  }
  const labelled = new Set(namesIn(join(root, "Annotations")));
  const bare = ids.filter((id) => !labelled.has(`${id}.xml`));
  if (bare.length > 0) {
    throw new Error(`Expected Annotations/<id>.xml in ${root} for all of train_aug but found none for ${bare[0]}`);
  }
  const file = join(lists, "train_aug.txt");
  await replaceFile(file, new TextEncoder().encode(ids.map((id) => `${id}\n`).join("")));
  console.error(`${file}: ${ids.length} ids`);
}

if (import.meta.main) {
  await runScript({ help: HELP, flags: FLAGS }, main);
}
