/**
 * `deno task data:coco2014`: downloads MS COCO 2014, verifies and unpacks it, and makes labels, lists and masks of it.
 * @module
 */
import { join } from "node:path";
import { type Arguments, type Flags, type FlagValues, runScript } from "../config/flags.ts";
import { UsageError } from "../config/usage_error.ts";
import { CROWDS, prepareCoco } from "../data/coco_folder.ts";
import { exists, isFolder, namesIn } from "../files/disk.ts";
import { unpackZip } from "../files/unpack.ts";
import { DOWNLOAD_FLAGS, inTemporary, obtain, progressIn } from "./_obtain.ts";
import { type RegistryEntry, registryEntry } from "./registry.ts";

const HELP = `data:coco2014 [flags]

Gets the training and validation images of MS COCO 2014 and their annotations (20 GB), unpacks them to COCO2014 below
--out, and writes labels.json, the lists train2014 and val2014, and masks beside them. With --from it also takes a folder
that has train2014, val2014 and annotations already, which stays where it is.

An interrupted download goes on where it was, as does the drawing of masks. The archives stay in --out; they are not
needed afterwards.`;

const FLAGS = {
  out: { value: "folder", help: "where it goes, default datasets", path: "writes" },
  ...DOWNLOAD_FLAGS,
  crowd: {
    value: "word",
    help: "what regions of many objects are in masks: background (default), as in published codes, or ignore",
    default: "background",
  },
} satisfies Flags;

/** Splits, which are also folders of images and lists. */
const SPLITS = ["train2014", "val2014"];

const ANNOTATIONS = SPLITS.map((split) => `annotations/instances_${split}.json`);

/** Gets the data set and says where it is. */
async function main(
  { out = "datasets", from, registry }: FlagValues<typeof FLAGS>,
  parsed: Arguments,
): Promise<void> {
  const crowd = parsed.choice("crowd", CROWDS), mirrors = parsed.values.get("mirror");
  if (from !== undefined && !await exists(from)) {
    throw new UsageError(`Expected a folder at --from ${from} but found nothing`);
  }
  const isUnpacked = from !== undefined && await exists(join(from, ANNOTATIONS[0]!));
  const root = isUnpacked ? from : join(out, "COCO2014");
  for (
    const [folder, wanted] of [...SPLITS.map((split) => [split, null] as const), ["annotations", ANNOTATIONS] as const]
  ) {
    const entry = await registryEntry(`coco2014_${folder}`, registry);
    if (!isUnpacked && !await exists(join(root, folder))) {
      await unpack(await obtain(entry, { folder: out, from, mirrors }), { entry, root, folder, wanted });
    }
    const found = namesIn(join(root, folder)).length, { [folder]: expected = found } = entry.counts ?? {};
    if (isFolder(join(root, folder)) && found !== expected) {
      throw new Error(`Expected ${expected} files in ${join(root, folder)} but found ${found}`);
    }
  }
  using bar = progressIn("files", "images");
  const { lists, bare, crowds } = await prepareCoco(root, {
    splits: SPLITS,
    crowd,
    progress: (done, total, what) => bar.update(done, total, what),
  });
  bar.end();
  const counts = [...lists].map(([split, ids]) => `${ids.length} images in ${split}`).join(", ");
  console.log(
    `MS COCO 2014 is in ${root}: --preset coco --voc-root ${root}\n` +
      `${counts}; ${bare} of them without any annotation; ${crowds} regions of many objects, which are ` +
      `${crowd === "ignore" ? "void" : "background"} in masks`,
  );
}

/** Unpacks one archive to a folder beside the final one, which appears only when it is complete. */
async function unpack(
  archive: string,
  { entry, root, folder, wanted }: {
    entry: RegistryEntry;
    root: string;
    folder: string;
    wanted: readonly string[] | null;
  },
): Promise<void> {
  using bar = progressIn("files", `unpacking ${entry.file}`);
  await inTemporary(root, async (temporary) => {
    let files = 0;
    await unpackZip(archive, temporary, {
      // Photographs are compressed already; the text of annotations is not.
      limits: { maxBytes: (wanted ? 20 : 2) * entry.bytes, maxEntries: 200_000 },
      only: (name) => {
        bar.update(++files, entry.counts?.[folder] ?? 0);
        return wanted?.includes(name) ?? name.startsWith(`${folder}/`);
      },
    });
    if (!await exists(join(temporary, folder))) throw new Error(`Expected ${folder} in ${archive} but found none`);
    await Deno.rename(join(temporary, folder), join(root, folder));
  });
}

if (import.meta.main) {
  await runScript({ help: HELP, flags: FLAGS }, main);
}
