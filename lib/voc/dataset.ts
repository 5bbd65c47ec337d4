import { basename, join } from "node:path";
import { readdirSync } from "node:fs";
import type { LabelMap, RgbImage } from "./image.ts";
import { openLabels } from "./_labels.ts";
import { nearest } from "./_nearest.ts";
import { decodePng } from "./png.ts";
import { readImage } from "./read_image.ts";

/** Images, their class names and, where they exist, their true masks. */
export interface Dataset {
  /** Names of the classes; class index 0 has id 1 in masks. */
  readonly classes: readonly string[];
  /**
   * Ids of a list, in its order: the name of a file in `ImageSets/Segmentation`, or the path of a text file.
   * @throws Error if it is missing or empty, holds an id twice or a path, or an id without image or labels.
   */
  list(name: string): string[];
  /**
   * Class indices of an image, ascending; empty for an image without any class.
   * @throws Error if it has no labels, or labels beside the class list.
   */
  labels(id: string): number[];
  /** The photograph. @throws Error if it is missing or unreadable. */
  readImage(id: string): Promise<RgbImage>;
  /** Path of the photograph. @throws Error if there is none, or several. */
  imagePath(id: string): string;
  /** True class ids of pixels (0 background, 255 void), or `null` where the data set has none. */
  readClassMask(id: string): Promise<LabelMap | null>;
  /** True instance ids of pixels (0 background, 255 void), or `null` where the data set has none. */
  readInstanceMask(id: string): Promise<LabelMap | null>;
}

/** Where a data set lies; the `data` of a configuration fits. */
export interface DatasetOptions {
  /** Folder with `JPEGImages` and `ImageSets/Segmentation`, as of VOC. */
  readonly root: string | null;
  /** JSON file of id → class names; `null`: `image_labels.json` in the root, else `Annotations/<id>.xml`. */
  readonly labels: string | null;
  /** Names of the classes. */
  readonly classes: readonly string[];
}

const IMAGE_FILE = /^(.+)\.(?:jpe?g|png|webp|tiff?)$/i;

/**
 * Opens a data set in the layout of PASCAL VOC.
 *
 * Class names come from one JSON file, or from VOC's XML files: there every class that is named anywhere counts, also
 * difficult objects. Photographs are any of .jpg .jpeg .png .webp .tif .tiff in `JPEGImages`; masks are indexed PNGs in
 * `SegmentationClass` and `SegmentationObject`.
 *
 * @throws Error if the root is missing, lacks a folder or has no labels, or if the JSON names an unknown class.
 * @example
 * ```ts
 * import { openDataset } from "./dataset.ts";
 * const dataset = await openDataset({ root: "VOC2012", labels: null, classes: ["aeroplane", "bicycle"] });
 * for (const id of dataset.list("train")) console.log(id, dataset.labels(id));
 * ```
 */
export async function openDataset({ root, labels, classes }: DatasetOptions): Promise<Dataset> {
  if (root === null) throw new Error("Expected data.root to name the folder of a data set but found null");
  if (!isFolder(root)) throw new Error(`Expected data.root to name a folder but found none at ${root}`);
  const images = imagesById(join(root, "JPEGImages"));
  const labelsOf = await openLabels({ root, file: labels, classes });

  const imagePath = (id: string): string => {
    const files = images.get(id);
    if (!files) {
      throw new Error(`Expected an image ${id} (.jpg, .jpeg, .png, .webp, .tif, .tiff) in ${join(root, "JPEGImages")}`);
    }
    if (files.length > 1) throw new Error(`Expected one image ${id} but found ${files.join(", ")}`);
    return join(root, "JPEGImages", files[0]!);
  };
  const readMask = async (folder: string, id: string): Promise<LabelMap | null> => {
    const path = join(root, folder, `${id}.png`);
    let bytes: Uint8Array;
    try {
      bytes = await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
    const { width, height, data } = decodePng(bytes, path);
    return { width, height, data };
  };
  return {
    classes,
    list(name) {
      const { path, ids } = readList(root, name);
      for (const id of ids) {
        imagePath(id);
        if (!labelsOf.has(id)) throw new Error(`Expected labels of ${id}, listed in ${path}, in ${labelsOf.source}`);
      }
      return ids;
    },
    labels: (id) => labelsOf.get(id),
    imagePath,
    readImage: async (id) => await readImage(imagePath(id)),
    readClassMask: (id) => readMask("SegmentationClass", id),
    readInstanceMask: (id) => readMask("SegmentationObject", id),
  };
}

function readList(root: string, name: string): { path: string; ids: string[] } {
  const folder = join(root, "ImageSets", "Segmentation");
  const candidates = [join(folder, `${name}.txt`), ...(/[/\\.]/.test(name) ? [name] : [])];
  const path = candidates.find(isFile);
  if (!path) {
    const known = isFolder(folder)
      ? readdirSync(folder).filter((file) => file.endsWith(".txt")).map((file) => basename(file, ".txt"))
      : [];
    throw new Error(`Expected a list at ${candidates.join(" or ")} but found none${nearest(name, known)}`);
  }
  const ids = Deno.readTextFileSync(path).replace(/^\ufeff/, "").split("\n").map((line) => line.trim()).filter(Boolean);
  if (ids.length === 0) throw new Error(`Expected at least one id in ${path} but found none`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (/[/\\]/.test(id)) throw new Error(`Expected ids without folders in ${path} but found ${id}`);
    if (seen.has(id)) throw new Error(`Expected every id once in ${path} but found ${id} twice`);
    seen.add(id);
  }
  return { path, ids };
}

function imagesById(folder: string): Map<string, string[]> {
  if (!isFolder(folder)) throw new Error(`Expected a folder of images at ${folder} but found none`);
  const images = new Map<string, string[]>();
  for (const file of readdirSync(folder)) {
    const id = IMAGE_FILE.exec(file)?.[1];
    if (id === undefined) continue;
    const files = images.get(id);
    if (files) files.push(file);
    else images.set(id, [file]);
  }
  return images;
}

const isFolder = (path: string): boolean => stat(path)?.isDirectory ?? false;
const isFile = (path: string): boolean => stat(path)?.isFile ?? false;

function stat(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
