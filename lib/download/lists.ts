import { join } from "node:path";
import { exists, isFolder } from "../files/disk.ts";
import { readTar } from "../files/tar.ts";

const INSIDE = "benchmark_RELEASE/dataset";
const LARGEST_LIST = 2 ** 20; // bytes

/** The lists of images of the SBD. */
export interface SbdLists {
  /** Its training images. */
  readonly train: string[];
  /** Its validation images. */
  readonly val: string[];
}

/**
 * Reads the lists of images of the Semantic Boundaries Dataset, `train.txt` and `val.txt`.
 *
 * @param path Its archive `benchmark.tgz`, of which nothing is unpacked, or the folder that it was unpacked to, or that
 * folder's `dataset`.
 * @returns The lists.
 * @throws Error if one of them is not there, or holds something else than ids.
 */
export async function sbdLists(path: string): Promise<SbdLists> {
  const texts = isFolder(path) ? await fromFolder(path) : await fromArchive(path);
  const list = (name: "train.txt" | "val.txt") => {
    const text = texts.get(name);
    if (text === undefined) throw new Error(`Expected ${INSIDE}/${name} in ${path} but found none`);
    return readIdList(text, `${name} of ${path}`);
  };
  return { train: list("train.txt"), val: list("val.txt") };
}

async function fromFolder(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const inside of ["", "dataset", INSIDE]) {
    for (const name of ["train.txt", "val.txt"]) {
      const file = join(path, inside, name);
      if (await exists(file)) texts.set(name, await Deno.readTextFile(file));
    }
  }
  return texts;
}

async function fromArchive(path: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const file = await Deno.open(path);
  const magic = new Uint8Array(2);
  await file.read(magic);
  await file.seek(0, Deno.SeekMode.Start);
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b; // some copies are plain tar in spite of the name
  const stream = isGzip ? file.readable.pipeThrough(new DecompressionStream("gzip")) : file.readable;
  for await (const entry of readTar(stream, path)) {
    const name = entry.path.replace(/^(\.\/)?benchmark_RELEASE\/dataset\//, "");
    if (entry.type !== "file" || name === entry.path || !["train.txt", "val.txt"].includes(name)) continue;
    if (entry.size > LARGEST_LIST) {
      throw new Error(`Expected a list in ${name} of ${path} but found ${entry.size} bytes`);
    }
    const decoder = new TextDecoder();
    let text = "";
    for await (const piece of entry.content) text += decoder.decode(piece, { stream: true });
    texts.set(name, text);
    if (texts.size === 2) break;
  }
  return texts;
}

/**
 * Reads VOC's image ids, one a line.
 *
 * @param text The list.
 * @param name Its name, for messages.
 * @returns The ids in their order.
 * @throws Error naming the first line that is no id such as `2007_000032`.
 */
export function readIdList(text: string, name: string): string[] {
  const lines = text.trimEnd().split(/\r?\n/).map((line) => line.trim());
  const bad = lines.findIndex((line) => !/^\d{4}_\d{6}$/.test(line));
  if (bad >= 0) {
    const found = JSON.stringify(lines[bad]!.slice(0, 40));
    throw new Error(`Expected an image id such as 2007_000032 in line ${bad + 1} of ${name} but found ${found}`);
  }
  return lines;
}

/** Lists of image ids. */
export interface AugmentedSources {
  /** The training list of the SBD. */
  readonly sbdTrain: readonly string[];
  /** The validation list of the SBD. */
  readonly sbdVal: readonly string[];
  /** The training list of VOC 2012's segmentation task. */
  readonly vocTrain: readonly string[];
  /** The validation list of VOC 2012's segmentation task. */
  readonly vocVal: readonly string[];
}

/**
 * The augmented training list, `train_aug`: all images with masks in the SBD or in VOC's training list, without those of
 * VOC's validation list. With the complete lists these are 10,582 images.
 *
 * @param sources The four lists.
 * @returns The ids in ascending order.
 */
export function augmentedList({ sbdTrain, sbdVal, vocTrain, vocVal }: AugmentedSources): string[] {
  return [...new Set([...sbdTrain, ...sbdVal, ...vocTrain]).difference(new Set(vocVal))].sort();
}
