/** The folder of MS COCO as a data set: labels, lists and masks, out of the files of its annotations. */
import { join } from "node:path";
import { findImages, type ImageFiles, withoutImageExtension } from "./_image_files.ts";
import { exists, isFile, placeFile, readFileIfExists } from "../files/disk.ts";
import { encodePng, type LabelMap, MOST_LABELS } from "../files/png.ts";
import { type CocoDataset, type CocoImage, readCocoDataset } from "../formats/coco_dataset.ts";
import { readSegmentation } from "../formats/coco_segmentation.ts";
import { pixelsOfRuns, type RunLengths } from "../formats/run_lengths.ts";

/** Meanings that regions of many objects (crowds) may have in masks. */
export const CROWDS = ["background", "ignore"] as const;

/** Options of {@linkcode prepareCoco}. */
export interface PrepareCocoOptions {
  /** Names of the splits: images lie in a folder of this name or elsewhere, annotations in `annotations/instances_<split>.json`. */
  readonly splits: readonly string[];
  /** Pixels of crowds are background, as in the codes that papers use, or void, below all single objects. */
  readonly crowd: typeof CROWDS[number];
  /** Told after every mask. */
  readonly progress?: (done: number, total: number, what: string) => void;
}

/** What {@linkcode prepareCoco} found. */
export interface CocoFolder {
  /** Names of the classes by ascending number of COCO. */
  readonly classes: readonly string[];
  /** Ids of images by split. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  /** Images without any annotation: their masks are background alone. */
  readonly bare: number;
  /** Annotations that stand for many objects. */
  readonly crowds: number;
}

/** File that says how the masks beside it were made. */
const CONVENTION = "CONVENTION.txt";

/**
 * Makes a data set of the folder of MS COCO, whose images and annotations stay as they are: `labels.json`, a small file of
 * COCO with the classes of every image and COCO's numbers; a list for each split; and masks, in which later annotations
 * lie on earlier ones. What is there already from a call before is kept.
 *
 * @param root The folder.
 * @param options Splits, and what crowds become.
 * @throws Error if an image or annotation is missing, two splits share a number or differ in their classes, or there are
 * masks that something else has made.
 */
export async function prepareCoco(
  root: string,
  { splits, crowd, progress = () => {} }: PrepareCocoOptions,
): Promise<CocoFolder> {
  const files = findImages(root), known = new Map<number | string, string>();
  const folders = ["SegmentationClass", "SegmentationObject"].map((name) => join(root, name));
  const convention = `Pixels of crowds are ${crowd === "ignore" ? "void (255)" : "background (0)"}.\n`;
  await claim(folders[0]!, convention, crowd);
  let categories: CocoDataset["categories"] | null = null, bare = 0, crowds = 0, number = 0;
  const lists = new Map<string, string[]>(), images: string[] = [], annotations: string[] = [];
  for (const split of splits) {
    progress(0, 1, `reading ${split}`);
    const path = join(root, "annotations", `instances_${split}.json`), data = readCocoDataset(path);
    const [stray] = data.strays;
    if (stray) throw new Error(`Expected an image and a class in ${path} for ${stray.name} but found none`);
    categories ??= data.categories;
    if (JSON.stringify(categories) !== JSON.stringify(data.categories)) {
      throw new Error(`Expected the classes of ${splits[0]} in ${path} but found others`);
    }
    const indexOf = new Map(categories.map(({ id }, index) => [id, index])), ids: string[] = [];
    for (const image of data.images.values()) {
      const id = imageOf(image, { split, files, path }), other = known.get(image.id);
      if (other !== undefined) {
        throw new Error(`Expected numbers of images once in ${root} but found ${image.id} for ${other} and ${id}`);
      }
      known.set(image.id, id);
      ids.push(id);
      const all = data.annotations.get(image.id) ?? [];
      if (all.length === 0) bare++;
      crowds += all.filter(({ crowd }) => crowd).length;
      images.push(JSON.stringify({ ...image, fileName: undefined, file_name: nameOf(image, id, files) }));
      for (const category_id of new Set(all.map(({ category }) => category))) {
        annotations.push(JSON.stringify({ id: ++number, image_id: image.id, category_id }));
      }

      const paths = folders.map((folder) => join(folder, `${files.maskName(id)}.png`));
      if (!paths.every(isFile)) {
        const instances = all.flatMap(({ segmentation, category, crowd, name }) => {
          const runs = readSegmentation(segmentation, { ...image, name });
          return runs ? [{ runs, class: indexOf.get(category)!, crowd }] : [];
        });
        const maps = drawCoco(instances, { ...image, crowd });
        for (const [n, map] of [maps.classes, maps.objects].entries()) await placeFile(paths[n]!, encodePng(map));
      }
      progress(ids.length, data.images.size, split);
    }
    lists.set(split, ids.sort());
    const list = join(root, "ImageSets", "Segmentation", `${split}.txt`);
    await placeFile(list, new TextEncoder().encode(`${ids.join("\n")}\n`));
  }
  const text = `{"categories":${JSON.stringify(categories)},\n"images":[\n${images.join(",\n")}],\n"annotations":[\n` +
    `${annotations.join(",\n")}]}\n`;
  await placeFile(join(root, "labels.json"), new TextEncoder().encode(text));
  return { classes: categories!.map(({ name }) => name), lists, bare, crowds };
}

/** @throws Error if masks are there that were not made in this way. */
async function claim(folder: string, convention: string, crowd: string): Promise<void> {
  const file = join(folder, CONVENTION), bytes = await readFileIfExists(file);
  if (bytes && new TextDecoder().decode(bytes) === convention) return;
  if (bytes || await exists(folder)) {
    const found = bytes ? `those of another choice: ${new TextDecoder().decode(bytes).trim()}` : "others";
    throw new Error(
      `Expected masks of --crowd ${crowd} in ${folder} but found ${found}; remove it and SegmentationObject first`,
    );
  }
  await placeFile(file, new TextEncoder().encode(convention));
}

/** The image of an entry: in the folder of its split, else anywhere, by its name or as the digits of its number. */
function imageOf(
  { id, fileName }: CocoImage,
  { split, files, path }: { split: string; files: ImageFiles; path: string },
): string {
  const digits = `${String(id).padStart(12, "0")}.jpg`;
  for (const key of [`${split}/${fileName}`, fileName, `${split}/${digits}`, digits]) {
    const found = files.find(key, path);
    if (found !== null) return found;
  }
  throw new Error(`Expected the image ${fileName} of ${path} in ${files.folder} but found none`);
}

/** The name of an image's file, with its folder only where it takes that to tell it from others. */
function nameOf({ fileName }: CocoImage, id: string, files: ImageFiles): string {
  return withoutImageExtension(fileName) === id ? fileName : files.byId.get(id)![0]!;
}

/**
 * Draws the instances of an image of COCO, later ones over earlier ones.
 *
 * @param instances Run lengths and 0-based classes, in the order of the file.
 * @param options Size of the image, and what crowds become; void lies below everything else.
 * @returns Class ids (0 background, 255 void), and numbers of instances in their order, from 1.
 * @throws RangeError if there are more than 254 instances or classes.
 */
export function drawCoco(
  instances: readonly { readonly runs: RunLengths; readonly class: number; readonly crowd: boolean }[],
  { height, width, crowd }: { height: number; width: number; crowd: typeof CROWDS[number] },
): { classes: LabelMap; objects: LabelMap } {
  const classes = new Uint8Array(height * width), objects = new Uint8Array(height * width);
  const single = instances.filter((one) => !one.crowd), most = Math.max(0, ...instances.map((one) => one.class + 1));
  if (Math.max(most, single.length) > MOST_LABELS) {
    throw new RangeError(
      `Expected at most ${MOST_LABELS} instances and classes in a label map but found ${single.length} and ${most}`,
    );
  }
  const draw = (runs: RunLengths, [label, object]: [number, number]) => {
    for (const pixel of pixelsOfRuns(runs)) [classes[pixel], objects[pixel]] = [label, object];
  };
  if (crowd === "ignore") { for (const one of instances) if (one.crowd) draw(one.runs, [255, 255]); }
  single.forEach((one, n) => draw(one.runs, [one.class + 1, n + 1]));
  return { classes: { height, width, data: classes }, objects: { height, width, data: objects } };
}
