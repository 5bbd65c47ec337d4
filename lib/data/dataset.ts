import { basename, join } from "node:path";
import { readdirSync } from "node:fs";
import type { LabelMap, RgbImage } from "./image.ts";
import type { Size } from "./resize.ts";
import { findImages, IMAGE_EXTENSIONS, type ImageFiles } from "./_image_files.ts";
import { type CocoNumbers, nearestOf } from "./_label_names.ts";
import { findLabels, type Labels, openLabels, readLabels } from "./_labels.ts";
import { isFile, isFolder, readFileIfExists } from "../files/disk.ts";
import { decodeMask, distinct, fittingIds, type Mask, MaskError, maskFinder } from "./_mask.ts";
import { imageSize, readImage, readingSize } from "./read_image.ts";

/** Images, their class names and, where they exist, their ground truth. */
export interface Dataset {
  /** Names of the classes; class index 0 has id 1 in masks. */
  readonly classes: readonly string[];
  /** Numbers of images, and of classes in their order, where the labels are a file of COCO. */
  readonly coco?: { readonly images: CocoNumbers["images"]; readonly categories: readonly number[] } | null;
  /**
   * Ids of a list, in its order: the name of a file in `ImageSets/Segmentation`, or the path of a text file, which may
   * hold names of files and paths as well. `all`, where there is no such file, is every image in the order of the ids,
   * each of which must have labels and the other way round. The folder of images without any class is a list, too.
   * @throws Error if it is missing or empty, holds an image twice, or one without file or labels.
   */
  list(name: string): string[];
  /**
   * Class indices of an image, ascending; empty for an image without any class.
   * @throws Error if it has no labels, or labels beside the class list.
   */
  labels(id: string): number[];
  /** The image at the size at which stages see it. @throws Error if it is missing or unreadable. */
  readImage(id: string): Promise<RgbImage>;
  /** The image, shrunk to a longer side where one is given. @throws Error if it is missing or unreadable. */
  readFullImage(id: string, longSide?: number): Promise<RgbImage>;
  /** Size of the image, and the one at which stages see it. @throws Error if it is missing or unreadable. */
  imageSize(id: string): Promise<{ readonly full: Size; readonly reading: Size }>;
  /** Path of the image. @throws Error if there is none, or several. */
  imagePath(id: string): string;
  /** There are folders of ground truth. */
  readonly hasMasks: boolean;
  /** Paths at which the ground truth of an image is looked for: masks of classes, then of instances. */
  maskPaths(id: string): readonly [classes: string, instances: string];
  /**
   * Ground truth: class ids of pixels (0 background, 255 void), or `null` where the data set has none.
   * @throws MaskError naming the file if it is damaged, of another size than the image, or holds an id without class.
   */
  readClassMask(id: string): Promise<LabelMap | null>;
  /**
   * Ground truth: instance ids of pixels (0 background, 255 void), or `null` where the data set has none.
   * @throws MaskError naming the file if it is damaged or of another size than the image.
   */
  readInstanceMask(id: string): Promise<LabelMap | null>;
}

/** Place of a data set; the `data` of a configuration fits. */
export interface DatasetOptions {
  /** Folder of images, perhaps with the other folders of VOC. */
  readonly root: string | null;
  /**
   * JSON (also COCO's), CSV or `cls_labels.npy` of class names, folder of VOC's XML files, or the folder of images itself,
   * where folders bear the names of classes; `null`: `image_labels.json`, `labels.json`, `image_labels.csv`, `labels.csv`,
   * `Annotations` or `cls_labels.npy` in the root, else folders of images.
   */
  readonly labels: string | null;
  /** Headings of the columns of class names in a CSV, or their key in a JSON list; default: by their names. */
  readonly labelColumn?: string | null;
  /** Folder of images without any class, which no label names; absent, `null`: none. */
  readonly negatives?: string | null;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Longer side that larger images are shrunk to for the stages, pixels; `null`: they are not. */
  readonly longSide?: number | null;
}

/**
 * Opens a data set: a plain folder of images, or the layout of PASCAL VOC.
 *
 * Images are any of .jpg .jpeg .png .webp .tif .tiff in `JPEGImages`, else in `images`, else anywhere in the root;
 * their ids are their names without folder and extension; with their folders (`cat__1` of `cat/1.jpg`) where several
 * folders hold one of this name. Of VOC's XML files the names of all objects count, also of difficult ones. Masks are PNGs in
 * `SegmentationClass` and `SegmentationObject`, of ids or of VOC's colours; they need not exist.
 *
 * @throws Error if the root is missing or has no images or labels, or if the labels name an unknown class.
 * @example
 * ```ts
 * import { openDataset } from "./dataset.ts";
 * const dataset = await openDataset({ root: "VOC2012", labels: null, classes: ["aeroplane", "bicycle"] });
 * for (const id of dataset.list("train")) console.log(id, dataset.labels(id));
 * ```
 */
export async function openDataset({ labels, labelColumn = null, ...place }: DatasetOptions): Promise<Dataset> {
  const { root, classes, negatives } = place, images = imagesIn(root, negatives);
  const labelsOf = await openLabels(findLabels(root!, labels, images), { images, column: labelColumn, classes });
  return openWith(labelsOf, images, place);
}

/**
 * Opens the images of a data set as {@linkcode openDataset}, without labels: no image has a class.
 *
 * @throws Error if the root is missing or has no images.
 */
export function openImages(place: Omit<DatasetOptions, "labels" | "labelColumn" | "negatives">): Dataset {
  const images = imagesIn(place.root), none = { coco: null, ids: () => [], has: () => true, get: () => [] };
  return openWith({ source: images.folder, ...none }, images, { ...place, negatives: null });
}

/**
 * Reads the names of the classes in the labels of a data set, whatever they are.
 *
 * @throws Error as {@linkcode openDataset}, but not for unknown classes.
 */
export async function readClassNames({ root, labels, labelColumn, classes }: DatasetOptions): Promise<string[]> {
  const images = imagesIn(root), column = labelColumn ?? null;
  const { names } = await readLabels(findLabels(root!, labels, images), { images, column, classes });
  return [...new Set([...names.values()].flat())];
}

function imagesIn(root: string | null, negatives: string | null = null): ImageFiles {
  if (root === null) throw new Error("Expected data.root to name the folder of a data set but found null");
  if (!isFolder(root)) throw new Error(`Expected data.root to name a folder but found none at ${root}`);
  return findImages(root, negatives);
}

function openWith(
  labelsOf: Labels,
  images: ImageFiles,
  { root: place, negatives = null, classes, longSide = null }: Omit<DatasetOptions, "labels" | "labelColumn">,
): Dataset {
  const { folder, byId } = images, root = place!;
  const bare = negatives === null ? null : findImages(negatives);
  for (const id of bare?.byId.keys() ?? []) {
    const shown = labelsOf.has(id) ? labelsOf.source : byId.has(id) ? folder : null;
    if (shown) throw new Error(`Expected images in ${negatives} that nothing else names but found ${id} in ${shown}`);
  }

  const [base, bareBase] = [folder, bare?.folder ?? ""].map((folder) => join(folder, "x").slice(0, -1));
  const lists = new Map<string, readonly string[]>(); // of the size of COCO's a list takes a second to check
  const imagePath = (id: string): string => {
    const isBare = bare?.byId.has(id), { folder, byId } = isBare ? bare! : images, files = byId.get(id);
    if (!files) throw new Error(`Expected an image ${id} (${IMAGE_EXTENSIONS}) in ${folder}`);
    if (files.length > 1) throw new Error(`Expected one image ${id} in ${folder} but found ${files.join(", ")}`);
    return `${isBare ? bareBase : base}${files[0]!}`;
  };
  const maskPaths = maskFinder(root, images);
  const readMask = async (path: string, id: string): Promise<Mask | null> => {
    const bytes = await readFileIfExists(path);
    if (!bytes) return null;
    const mask = decodeMask(bytes, path);
    await expectSizeOfImage(mask, { path, image: imagePath(id) });
    return mask;
  };
  return {
    classes,
    coco: labelsOf.coco && { images: labelsOf.coco.images, categories: categoryNumbers(classes, labelsOf.coco) },
    list(name) {
      const read = lists.get(name);
      if (read) return [...read];
      if (bare && name === negatives) return [...bare.byId.keys()].sort();
      const found = readList(root, name);
      if (!found) return allImages(byId, { folder, labelsOf });
      const ids = new Set<string>();
      for (const key of found.ids) {
        const id = images.find(key, found.path) ?? key;
        imagePath(id);
        if (!labelsOf.has(id)) {
          throw new Error(`Expected labels of ${id}, listed in ${found.path}, in ${labelsOf.source}`);
        }
        if (ids.has(id)) throw new Error(`Expected every id once in ${found.path} but found ${id} twice`);
        ids.add(id);
      }
      lists.set(name, [...ids]);
      return [...ids];
    },
    labels: (id) => bare?.byId.has(id) ? [] : labelsOf.get(id),
    imagePath,
    readImage: async (id) => await readImage(imagePath(id), { longSide }),
    readFullImage: async (id, longSide) => await readImage(imagePath(id), { longSide: longSide ?? null }),
    imageSize: async (id) => {
      const { width, height } = await imageSize(imagePath(id)), full = { width, height };
      return { full, reading: readingSize(full, longSide) };
    },
    maskPaths,
    hasMasks: ["SegmentationClass", "SegmentationObject"].some((name) => isFolder(join(root, name))),
    async readClassMask(id) {
      const [path] = maskPaths(id), mask = await readMask(path, id);
      if (!mask) return null;
      const data = fittingIds(mask, labelsOf.has(id) ? labelsOf.get(id).map((index) => index + 1) : []);
      const unknown = distinct(data).find((label) => label > classes.length && label !== 255);
      if (unknown !== undefined) {
        throw new MaskError(
          `Expected class ids 0…${classes.length}, and 255 for void, in ${path} but found ${unknown}`,
        );
      }
      return { width: mask.width, height: mask.height, data };
    },
    async readInstanceMask(id) {
      const mask = await readMask(maskPaths(id)[1], id);
      return mask && { width: mask.width, height: mask.height, data: mask.data };
    },
  };
}

/** Numbers of classes as COCO's file has them; of classes that it lacks, numbers above. */
function categoryNumbers(classes: readonly string[], { categories }: CocoNumbers): number[] {
  let highest = Math.max(0, ...categories.values());
  return classes.map((name) => categories.get(name.normalize()) ?? ++highest);
}

/** Every image, after a check that images and labels belong together. */
function allImages(
  byId: ReadonlyMap<string, readonly string[]>,
  { folder, labelsOf }: { folder: string; labelsOf: Labels },
): string[] {
  const ids = [...byId.keys()].sort();
  const twice = ids.find((id) => byId.get(id)!.length > 1);
  if (twice !== undefined) {
    throw new Error(`Expected one image ${twice} in ${folder} but found ${byId.get(twice)!.join(", ")}`);
  }
  const bare = ids.filter((id) => !labelsOf.has(id));
  if (bare.length > 0) {
    throw new Error(
      `Expected labels of every image in ${labelsOf.source}, an empty list where no class is shown, ` +
        `but found none of ${firstOf(bare)}`,
    );
  }
  const lost = [...labelsOf.ids()].filter((id) => !byId.has(id));
  if (lost.length > 0) {
    throw new Error(
      `Expected an image in ${folder} for every id in ${labelsOf.source} but found none of ${firstOf(lost)}` +
        nearestOf(lost[0]!, lost.length === 1 ? ids : []),
    );
  }
  return ids;
}

/** The first few of many ids. */
function firstOf(ids: readonly string[]): string {
  const more = ids.length - 5;
  return `${ids.slice(0, 5).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

async function expectSizeOfImage(
  { width, height }: { width: number; height: number },
  { path, image }: { path: string; image: string },
): Promise<void> {
  const size = await imageSize(image);
  if (size.width === width && size.height === height) return;
  const turned = size.isTurned ? ", which its EXIF data turn" : "";
  throw new MaskError(
    `Expected ${path} to have the ${size.width}×${size.height} pixels of ${image}${turned}, but found ` +
      `${width}×${height}`,
  );
}

/**
 * Reads the ids of a list, which need neither images nor labels.
 *
 * @param root Folder of the data set.
 * @param name Name of a file in `ImageSets/Segmentation`, or path of a text file.
 * @returns The ids and the path of their file; `null` for `all` without a file of this name.
 * @throws Error if it is missing or empty, or holds an id twice.
 */
export function readList(root: string, name: string): { path: string; ids: string[] } | null {
  const folder = join(root, "ImageSets", "Segmentation");
  const candidates = [join(folder, `${name}.txt`), ...(/[/\\.]/.test(name) ? [name] : [])];
  const path = candidates.find(isFile);
  if (!path) {
    if (name === "all") return null;
    const known = isFolder(folder)
      ? readdirSync(folder).filter((file) => file.endsWith(".txt")).map((file) => basename(file, ".txt"))
      : ["all"];
    throw new Error(`Expected a list at ${candidates.join(" or ")} but found none${nearestOf(name, known)}`);
  }
  const ids = Deno.readTextFileSync(path).replace(/^\ufeff/, "").split("\n").map((line) => line.trim()).filter(Boolean);
  if (ids.length === 0) throw new Error(`Expected at least one id in ${path} but found none`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) throw new Error(`Expected every id once in ${path} but found ${id} twice`);
    seen.add(id);
  }
  return { path, ids };
}
