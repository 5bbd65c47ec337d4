import { join } from "node:path";
import { readdirSync } from "node:fs";
import { isFile, isFolder } from "../files/disk.ts";
import { decodeText } from "../files/text.ts";
import { decodeClassLabels } from "../formats/class_labels.ts";
import type { ImageFiles } from "./_image_files.ts";
import { parseLabelsJson } from "./_label_json.ts";
import { type CocoNumbers, type FoundLabels, type LabelOptions, NameCollector, nearestOf } from "./_label_names.ts";
import { parseLabelsCsv } from "./_label_table.ts";
import { decodeXml, parseNamesXml } from "./_label_xml.ts";
import { COCO_CLASSES, VOC_CLASSES } from "./class_names.ts";

/** Class indices of images, and where they were found. */
export interface Labels {
  readonly source: string;
  /** Numbers of COCO, if they are those of a file of COCO. */
  readonly coco: CocoNumbers | null;
  /** Ids of all images that have labels. */
  ids(): Iterable<string>;
  has(id: string): boolean;
  get(id: string): number[];
}

/** Options of labels of a data set. */
export interface LabelSource extends LabelOptions {
  readonly images: ImageFiles;
}

/** Places of labels in a data set, in the order in which they are looked for. */
const STANDARD = [
  ...["image_labels.json", "labels.json", "image_labels.csv", "labels.csv", "Annotations", "cls_labels.npy"],
];

/** Path of the labels of a data set: where every image lies in one of several folders, these. @throws Error if there are none. */
export function findLabels(root: string, file: string | null, images: ImageFiles): string {
  const found = file ?? STANDARD.map((name) => join(root, name)).find((path) => isFile(path) || isFolder(path));
  if (found !== undefined) return found;
  if (readdirSync(images.folder).some((file) => /\.xml$/i.test(file))) return images.folder;
  const places = [...images.byId.values()].flat(), folders = new Set(places.map(folderName));
  if (folders.size > 1 && !folders.has(null)) return images.folder;
  throw new Error(
    `Expected labels in ${root} (${
      STANDARD.join(", ")
    }, or images in folders of the names of classes) but found none; ` +
      "trained weights need none (deno task predict)",
  );
}

/** Opens the labels of a data set for a list of classes: a JSON or CSV file, or a folder of XML files or of images. */
export async function openLabels(path: string, options: LabelSource & { classes: readonly string[] }): Promise<Labels> {
  const { classes } = options, indexOf = new Map(classes.map((name, index) => [name.normalize(), index]));
  const indices = (id: string, names: readonly string[], file: string) =>
    [...new Set(names)].map((name) => {
      const index = indexOf.get(name);
      if (index !== undefined) return index;
      throw new Error(
        `Expected labels of ${id} in ${file} to be among data.classes but found ${name}${nearestOf(name, classes)}`,
      );
    }).sort((a, b) => a - b);
  const files = isFolder(path) ? xmlFiles(path, options) : null;
  const found = files ? null : await readLabels(path, options);
  const known = new Map([...found?.names ?? []].map(([id, names]) => [id, indices(id, names, path)]));
  return {
    source: path,
    coco: found?.coco ?? null,
    ids: () => (files ?? known).keys(),
    has: (id) => (files ?? known).has(id),
    get(id) {
      let labels = known.get(id);
      if (!labels) {
        const file = files?.get(id);
        if (file === undefined) throw new Error(`Expected labels of ${id} in ${path} but found none`);
        known.set(id, labels = indices(id, namesInXml(file), file));
      }
      return [...labels];
    },
  };
}

/** Class names of all images, whatever they are. */
export async function readLabels(path: string, options: LabelSource): Promise<FoundLabels> {
  if (isFolder(path)) {
    const files = xmlFiles(path, options);
    if (!files) return labelsOfFolders(path, options);
    const names = new Map([...files].map(([id, file]) => [id, [...new Set(namesInXml(file))]]));
    return { names, where: "", doubts: [] };
  }
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw new Error(`Expected labels in ${path} but found: ${(error as Error).message}`);
  }
  if (/\.np[yz]$/i.test(path)) return labelsOfVectors(bytes, path, options);
  if (/\.xml$/i.test(path)) {
    throw new Error(`Expected a file of all labels, or a folder of XML files, but found ${path}`);
  }
  const text = decodeText(bytes, path);
  return /\.(csv|tsv|txt)$/i.test(path) ? parseLabelsCsv(text, path, options) : parseLabelsJson(text, path, options);
}

const namesInXml = (file: string) =>
  parseNamesXml(decodeXml(Deno.readFileSync(file), file), file).map((name) => name.normalize());

/** XML files by id of the image, also in folders; `null` where there are none. @throws Error if an image has two. */
function xmlFiles(folder: string, options: LabelSource): ReadonlyMap<string, string> | null {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.xml$/i.test(file)).sort();
  if (files.length === 0) return null;
  const collector = new NameCollector(folder, options), byId = new Map<string, string>();
  for (const file of files) {
    const id = collector.id(file.slice(0, -4)), other = byId.get(id);
    if (other !== undefined) {
      throw new Error(`Expected one XML file of ${id} but found ${other} and ${join(folder, file)}`);
    }
    byId.set(id, join(folder, file));
  }
  return byId;
}

/** Folders between the folder of images and those of the classes. */
const SPLITS = /^(train|training|val|valid|validation|test|testing)$/i;

/** The class that the folder of an image names: the outermost one but splits; `null` where there is none. */
function folderName(path: string): string | null {
  return path.split("/").slice(0, -1).find((name) => !SPLITS.test(name)) ?? null;
}

function labelsOfFolders(path: string, { images }: LabelSource): FoundLabels {
  if (
    Deno.realPathSync(path) !== Deno.realPathSync(images.folder) &&
    !Deno.realPathSync(images.folder).startsWith(`${Deno.realPathSync(path)}/`)
  ) {
    throw new Error(`Expected XML files in ${path}, or the images of ${images.folder} in folders, but found neither`);
  }
  const names = new Map([...images.byId].map(([id, [file = ""]]) => {
    const name = folderName(file);
    if (name === null) {
      throw new Error(`Expected every image of ${path} in a folder of the name of its class but found ${file}`);
    }
    return [id, [name.trim().normalize()]];
  }));
  return { names, where: "the names of the folders", doubts: ["the names of folders are taken for class names"] };
}

/** Class names by `cls_labels.npy`, whose vectors have the order of the classes; without any, 20 are VOC's, 80 COCO's. */
function labelsOfVectors(bytes: Uint8Array, path: string, options: LabelSource): FoundLabels {
  const { classes: count, rows } = decodeClassLabels(bytes, path);
  const known = { 20: ["VOC's", VOC_CLASSES], 80: ["COCO's", COCO_CLASSES] } as const;
  const [whose, names] = known[count as keyof typeof known] ?? [null, null], classes = options.classes ?? names;
  if (classes?.length !== count) {
    throw new Error(
      `Expected ${
        classes ? `vectors of the ${classes.length} classes in data.classes` : "--classes for the vectors"
      } in ` +
        `${path} but found vectors of ${count}`,
    );
  }
  const collector = new NameCollector(path, options);
  for (const [key, indices] of rows) {
    collector.add(keyOf(key, collector), indices.map((c) => classes[c]!), { once: true });
  }
  const doubts = options.classes
    ? []
    : [`the ${count} classes are taken for ${whose} in their order; --classes tells others`];
  return { names: collector.all(), where: `vectors of ${count}`, doubts, classes };
}

/** Id of the image of a key: an id, or the digits of one of VOC's or COCO's. @throws Error if several are meant. */
function keyOf(key: string, collector: NameCollector): string {
  if (!/^\d+$/.test(key)) return collector.id(key);
  const padded = key.padStart(12, "0"), splits = ["train", "val", "test"].map((split) => `COCO_${split}2014_${padded}`);
  const keys = [key, `${key.slice(0, 4)}_${key.slice(4)}`, padded, ...splits];
  const found = new Set(keys.map((one) => collector.find(one)).filter((id) => id !== null));
  if (found.size > 1) throw new Error(`Expected one image of ${key} but found ${[...found].join(", ")}`);
  return [...found][0] ?? collector.id(key);
}
