import type { Config } from "../config/config.ts";
import { type Dataset, openDataset, readList } from "../data/mod.ts";
import { keepInstances } from "../evaluation/instances.ts";
import { groundTruthInstances } from "../evaluation/mod.ts";
import { placeFile, readFileIfExists } from "../files/disk.ts";
import { decodePng, encodePng } from "../files/png.ts";
import { Progress } from "../files/terminal.ts";
import {
  type CocoEntry,
  encodeClassLabels,
  type ExportedInstances,
  imageNumbers,
  vocLabels,
  writeCocoDataset,
  writeCocoResults,
} from "../formats/mod.ts";
import { Quarantine } from "../run/quarantine.ts";
import { restrictDataset } from "../run/session.ts";
import { WHOLE } from "../run/shard.ts";
import { Store } from "../run/store.ts";
import { readTruth } from "../stages/_read.ts";
import { type ResultDoubts, resultDoubts } from "../stages/doubts.ts";
import { readInstances } from "../stages/instance.ts";
import type { ExportOptions, INSTANCE_STAGES } from "./export_formats.ts";
import { fileNameOf } from "./match_images.ts";
import { formatDoubts } from "./tables.ts";
import { basename, join } from "node:path";

/**
 * Writes pseudo labels, or ground truth, in the formats of other programs, one image at a time.
 *
 * - `coco`: a data set in COCO's format, `export/instances.json`; image numbers as of `imageNumbers()`;
 * - `coco-results`: a list of results, `export/results.json`;
 * - `voc`: `SegmentationClass` and `SegmentationObject` with the instances, the better one on top where they overlap,
 *   `SegmentationClassAug` with the pseudo semantic labels, and the list, below `export/voc`;
 * - `voc-server`: the folder that VOC's evaluation server takes, below `export/voc-server`;
 * - `cls-labels`: the class names of the images as the authors' code reads them, `export/cls_labels.npy`.
 *
 * Images and classes keep the numbers of COCO's file where the labels are one.
 *
 * @param config The configuration of the run.
 * @param options What to write, and where.
 * @returns What was written, in words.
 * @throws Error if a file of the run is missing, naming it and the stage that makes it, or if there is no ground truth.
 */
export async function exportLabels(config: Config, options: ExportOptions): Promise<string> {
  if (options.format === "voc-server") return await writeServerFolder(config, options);
  if (options.format === "cls-labels") return await writeClassLabels(config, options);
  const { workdir, format, stage = "instance", truth = false, out } = options;
  const source = await openSource(config, options);
  const doubts = truth || stage !== "instance" ? "" : formatDoubts(await source.doubts()).replace(/^(?=.)/, "\n");
  const left = () => {
    const { below, bare, unusable } = source.left;
    return (below > 0 ? `; ${below} of too low a score left out` : "") +
      (bare > 0 ? `; ${bare} images without ground truth left out` : "") +
      (unusable.length > 0 ? `; ${unusable.length} masks that cannot be used left out, such as: ${unusable[0]}` : "");
  };
  if (format === "voc") {
    const folder = out ?? join(workdir, "export", "voc");
    const { images, lost } = await writeVocFolder(folder, source, { semantic: !truth && stage === "instance" });
    return `Wrote ${folder}: ${images} images${left()}${
      lost > 0 ? `; ${lost} instances hidden by better ones` : ""
    }${doubts}`;
  }
  const path = out ?? join(workdir, "export", format === "coco" ? "instances.json" : "results.json");
  const { images, annotations } = format === "coco"
    ? await writeCocoDataset(path, source.entries(), {
      classes: config.data.classes,
      description: truth ? "True instances" : DESCRIPTIONS[stage],
      categories: source.categories,
    })
    : await writeCocoResults(path, source.entries(), source.categories);
  return `Wrote ${path}: ${annotations} instances on ${images} images${left()}${doubts}`;
}

async function writeClassLabels({ data }: Config, { workdir, out, list, limit }: ExportOptions): Promise<string> {
  const path = out ?? join(workdir, "export", "cls_labels.npy"), dataset = await openDataset(data);
  const ids = dataset.list(list ?? data.inferList).slice(0, limit);
  await placeFile(path, encodeClassLabels(new Map(ids.map((id) => [id, dataset.labels(id)])), data.classes.length));
  return `Wrote ${path}: vectors of ${data.classes.length} classes for ${ids.length} images`;
}

/** Descriptions in data sets of COCO's format. */
const DESCRIPTIONS: Record<typeof INSTANCE_STAGES[number], string> = {
  instance: "Pseudo instances by IRNet from image-level class names",
  mask_rcnn_irnet: "Instances found by Mask R-CNN, trained on pseudo instances by IRNet",
  mask_rcnn_truth: "Instances found by Mask R-CNN, trained on true masks",
};

/** Where instances come from. */
interface Source {
  readonly list: string;
  readonly files: Store;
  /** Numbers of the classes in COCO's file, if the labels are one. */
  readonly categories: readonly number[] | undefined;
  /** Counts of what was not worth or not able to be written. */
  readonly left: { below: number; bare: number; readonly unusable: string[] };
  /** What to doubt about the images of the list. */
  doubts(): Promise<ResultDoubts>;
  entries(): AsyncGenerator<CocoEntry & { readonly name: string }>;
}

async function openSource(
  config: Config,
  { workdir, stage = "instance", truth = false, score = 0, limit = Infinity, signal, progress, ...options }:
    ExportOptions,
): Promise<Source> {
  const { data, downstream } = config;
  const list = options.list ?? (truth ? data.valList : stage === "instance" ? null : downstream.valInstanceList) ??
    data.inferList;
  const dataset = await openDataset(config.data);
  const { ids: without } = await Quarantine.open(workdir, { choice: "skip", shard: WHOLE, dataset });
  const all = dataset.list(list), numbers = imageNumbers(all, dataset.coco?.images);
  const restricted = restrictDataset(dataset, { limit, without }), chosen = new Set(restricted.list(list));
  const files = new Store(workdir);
  const left = { below: 0, bare: 0, unusable: new Array<string>() };
  const least = options.format === "coco-results" ? score : Math.max(score, Number.MIN_VALUE); // fragments have 0
  return {
    list,
    files,
    categories: dataset.coco?.categories,
    left,
    doubts: () => resultDoubts({ config, dataset: restricted, files }, [...chosen]),
    entries: async function* () {
      const bar = new Progress("export", progress ?? { terminal: false, write: () => {} });
      let done = 0;
      for (const [n, name] of all.entries()) {
        if (!chosen.has(name)) continue;
        signal?.throwIfAborted();
        const instances = truth ? await truthOf(dataset, name, left) : await readInstances(files, name, { stage });
        if (!instances) continue;
        const good = withScore(instances, least);
        left.below += instances.class.length - good.class.length;
        yield {
          name,
          id: numbers[n]!,
          fileName: fileNameOf(dataset, { id: name, root: config.data.root! }),
          instances: good,
        };
        bar.update(++done, chosen.size);
      }
      bar.end();
      if (truth && left.bare + left.unusable.length === chosen.size) {
        throw new Error(`Expected ground truth of ${list} but found ${left.unusable[0] ?? "none"}`);
      }
    },
  };
}

async function truthOf(dataset: Dataset, id: string, left: Source["left"]): Promise<ExportedInstances | null> {
  const { truth, objects, unusable } = await readTruth(dataset, id, { exact: true });
  if (unusable !== null) left.unusable.push(unusable);
  else if (!objects) left.bare++;
  return truth && objects && groundTruthInstances(objects, truth);
}

/** The instances that reach a score. */
function withScore(instances: ExportedInstances, least: number): ExportedInstances {
  const { score } = instances;
  if (!score) return instances;
  const kept = Array.from(score, (_, n) => n).filter((n) => score[n]! >= least);
  return keepInstances(instances, kept);
}

async function writeVocFolder(
  folder: string,
  { list, files, entries }: Source,
  { semantic }: { semantic: boolean },
): Promise<{ images: number; lost: number }> {
  const names: string[] = [];
  let lost = 0;
  for await (const { name, instances } of entries()) {
    const labels = vocLabels(instances);
    await placeFile(join(folder, "SegmentationClass", `${name}.png`), encodePng(labels.classes));
    await placeFile(join(folder, "SegmentationObject", `${name}.png`), encodePng(labels.objects));
    if (semantic) {
      const path = join(folder, "SegmentationClassAug", `${name}.png`);
      await placeFile(path, await files.require("semantic", `${name}.png`));
    }
    lost += labels.lost;
    names.push(name);
  }
  const path = join(folder, "ImageSets", "Segmentation", `${basename(list, ".txt")}.txt`);
  await placeFile(path, new TextEncoder().encode(`${names.join("\n")}\n`));
  return { images: names.length, lost };
}

/**
 * Writes the folder that VOC's evaluation server takes: label maps with VOC's palette, without void.
 *
 * @returns What was written, in words.
 * @throws Error naming the first image of the list without a label map, or a label beside the classes.
 */
async function writeServerFolder(
  { data }: Config,
  { workdir, out, list, predictions, competition = "comp6", signal }: ExportOptions,
): Promise<string> {
  const source = predictions ?? join(workdir, "semantic");
  const ids = list === undefined ? await labelMaps(source) : listed(data.root!, list);
  if (ids.length === 0) throw new Error(`Expected label maps, <id>.png, in ${source} but found none`);
  const split = list === undefined ? "test" : basename(list, ".txt");
  const root = out ?? join(workdir, "export", "voc-server");
  const folder = join(root, "results", "VOC2012", "Segmentation", `${competition}_${split}_cls`);
  let voids = 0;
  for (const id of ids) {
    signal?.throwIfAborted();
    const path = join(source, `${id}.png`);
    const bytes = await readFileIfExists(path);
    if (!bytes) throw new Error(`Expected a label map ${path} but found no such file`);
    const { width, height, data: labels } = decodePng(bytes, path);
    const foreign = labels.find((label) => label > data.classes.length && label !== 255);
    if (foreign !== undefined) {
      throw new Error(`Expected labels 0…${data.classes.length} or 255 in ${path} but found ${foreign}`);
    }
    if (labels.includes(255)) voids++;
    const map = { width, height, data: labels.map((label) => label === 255 ? 0 : label) };
    await placeFile(join(folder, `${id}.png`), encodePng(map));
  }
  return [
    `Wrote ${folder}: ${ids.length} images` + (voids > 0 ? `; void pixels of ${voids} became background` : ""),
    competition === "comp6"
      ? "comp6 is for methods that used more than VOC's data, such as ImageNet's weights; otherwise --competition comp5"
      : "comp5 is for methods that used nothing but VOC's data; with ImageNet's weights or SBD's masks it is comp6",
    `To hand it in: tar czf results.tgz -C ${root} results`,
  ].join("\n");
}

/** Ids of a list of the data set, which need no labels: those of test images are secret. */
function listed(root: string, list: string): string[] {
  const found = readList(root, list);
  if (!found) throw new Error(`Expected a list ${list} in ${root} but found none`);
  const outside = found.ids.find((id) => /[/\\]/.test(id));
  if (outside !== undefined) throw new Error(`Expected ids without folders in ${found.path} but found ${outside}`);
  return found.ids;
}

/** Ids of all label maps in a folder, ascending. */
async function labelMaps(folder: string): Promise<string[]> {
  const ids: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".png")) ids.push(name.slice(0, -4));
  } catch (error) {
    throw new Error(`Expected a folder of label maps at ${folder} but found: ${(error as Error).message}`);
  }
  return ids.sort();
}
