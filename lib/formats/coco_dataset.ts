import { basename } from "node:path";
import {
  expectId,
  expectList,
  expectNumber,
  expectObject,
  expectSide,
  expectText,
  type JsonObject,
  parseJson,
  showJson,
} from "../files/json.ts";
import { type JsonElement, jsonElements } from "../files/json_elements.ts";

/** Image of a COCO file. */
export interface CocoImage {
  /** Its id in the file. */
  readonly id: number | string;
  /** Name of the file, else the end of its address (`coco_url`, `flickr_url`), else the id. */
  readonly fileName: string;
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
}

/** Class of a COCO file. */
export interface CocoCategory {
  /** Its id in the file. */
  readonly id: number;
  /** Its name, which others may have too. */
  readonly name: string;
}

/** Instance of a COCO file. */
export interface CocoAnnotation {
  /** Name in messages: its id, or its place in the list. */
  readonly name: string;
  /** Its id; that of a result is its place in the list, from 1. */
  readonly id: number | string;
  /** Id of the image. */
  readonly image: number | string;
  /** Id of the class. */
  readonly category: number;
  /** Segmentation, which `readSegmentation` reads; of a result without one, the outline of its box. */
  readonly segmentation: unknown;
  /** Area in pixels, as the file states it; `null` where it does not. */
  readonly area: number | null;
  /** Left, top, width and height in pixels; `null` where the file gives none. */
  readonly box: readonly number[] | null;
  /** True where it stands for a group of objects. */
  readonly crowd: boolean;
  /** Confidence, NaN where the file says so or `null`; `null` where it gives none. */
  readonly score: number | null;
}

/** Data set in COCO's format. */
export interface CocoDataset {
  /** Images by id, in the order of the file. */
  readonly images: ReadonlyMap<number | string, CocoImage>;
  /** Classes by ascending id. */
  readonly categories: readonly CocoCategory[];
  /** Instances by id of their image; images without any are absent. */
  readonly annotations: ReadonlyMap<number | string, readonly CocoAnnotation[]>;
  /** Annotations of images or classes that the file does not list: COCO's tools take no notice of them. */
  readonly strays: readonly CocoAnnotation[];
}

const MOST_PIXELS = 1e8;

// of an image; masks of more are surely a mistake, and would fill the memory

/** Numbers and names that a file of COCO gives to images and classes, without its masks. */
export interface CocoLabels {
  /** Names of the files by id of the image, in the order of the file. */
  readonly images: ReadonlyMap<number | string, string>;
  /** Names of the classes by id. */
  readonly categories: ReadonlyMap<number, string>;
  /** What is in which image. */
  readonly annotations: readonly Pick<CocoAnnotation, "image" | "category">[];
}

/**
 * Reads a data set in COCO's format: its `images`, `categories` and `annotations`. Segmentations are not decoded yet.
 *
 * @param text The JSON.
 * @param name What the error messages call the file.
 * @throws Error naming file, place and value of the first thing that is missing or of another kind, or of a repeated id.
 */
export function parseCocoDataset(text: string, name: string): CocoDataset {
  return datasetOf(elementsOf(expectObject(parseScored(text, name), `the contents of ${name}`)), name);
}

/**
 * Reads a file in COCO's format as {@linkcode parseCocoDataset} does its text, one element after the other: segmentations
 * are read from the disk when they are looked at, so that the file may be larger than the memory.
 *
 * @param path The file.
 * @throws Error as {@linkcode parseCocoDataset}.
 */
export function readCocoDataset(path: string): CocoDataset {
  return datasetOf(jsonElements(path, parseScored), path);
}

/**
 * Names of images and classes in a file of COCO, and which class is in which image.
 *
 * @param json The contents, which may lack sizes, masks and ids of annotations.
 * @param name What the error messages call the file.
 * @throws Error as {@linkcode parseCocoDataset}, and for an annotation of an image or class that the file does not list.
 */
export function cocoLabels(json: object, name: string): CocoLabels {
  const images = new Map<number | string, string>();
  const { categories, annotations } = partsOf(elementsOf(json as JsonObject), name, {
    image: (image, place) => {
      const id = imageId(image, { place, known: images, name });
      images.set(id, expectText(image["file_name"] ?? image["coco_url"], place(".file_name")));
    },
    annotation: (value, n) => {
      if (typeof value !== "object" || value === null) expectObject(value, `annotations[${n}] of ${name}`);
      const { image_id: image, category_id: category } = value as { image_id: number; category_id: number };
      return { image, category };
    },
  });
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  for (const [n, { image, category }] of annotations.entries()) {
    if (images.has(image) && names.has(category)) continue;
    const [key, list, found] = images.has(image)
      ? ["category_id", "categories", category]
      : ["image_id", "images", image];
    throw new Error(`Expected ${key} of annotations[${n}] of ${name} among its ${list} but found ${showJson(found)}`);
  }
  return { images, categories: names, annotations };
}

/** JSON in which Python wrote scores that are no number: they read as `null`. */
function parseScored(text: string, name: string): unknown {
  return parseJson(text.replaceAll(/("score"\s*:\s*)(?:NaN|-?Infinity)(?=\s*[,}])/g, "$1null"), name);
}

/** What is in memory, as it comes from the disk. */
function* elementsOf(json: JsonObject | readonly unknown[]): Generator<Omit<JsonElement, "again">> {
  for (const [key, value] of Array.isArray(json) ? [[null, json] as const] : Object.entries(json)) {
    if (!Array.isArray(value) || value.length === 0) yield { key, n: null, value };
    else for (const [n, one] of value.entries()) yield { key, n, value: one };
  }
}

type Element = Omit<JsonElement, "again"> & Partial<JsonElement>;

/** Goes through the lists of a data set. @throws Error if one is missing, or a class has another's id. */
function partsOf<A>(elements: Iterable<Element>, name: string, read: {
  image(value: JsonObject, place: (key: string) => string): void;
  annotation(value: unknown, n: number, again?: () => unknown): A;
}): { categories: CocoCategory[]; annotations: A[] } {
  const annotations: A[] = [], categories = new Map<number, CocoCategory>();
  const missing = new Set(["images", "categories", "annotations"]);
  for (const { key, n, value, again } of elements) {
    if (key === null) throw new Error(`Expected an object as the contents of ${name} but found a list`);
    if (key !== "images" && key !== "categories" && key !== "annotations") continue;
    missing.delete(key);
    if (n === null) expectList(value, `${key} of ${name}`);
    else if (key === "annotations") annotations.push(read.annotation(value, n, again));
    else {
      const place = (inner: string) => `${key}[${n}]${inner} of ${name}`, object = expectObject(value, place(""));
      if (key === "images") read.image(object, place);
      else {
        const id = expectNumber(object["id"], place(".id"));
        if (categories.has(id)) throw new Error(`Expected every category id once in ${name} but found ${id} twice`);
        categories.set(id, { id, name: expectText(object["name"], place(".name")) });
      }
    }
  }
  for (const key of missing) throw new Error(`Expected a list as ${key} of ${name} but found nothing`);
  return { categories: [...categories.values()].sort((a, b) => a.id - b.id), annotations };
}

function imageId(
  image: JsonObject,
  { place, known, name }: { place: (key: string) => string; known: ReadonlyMap<unknown, unknown>; name: string },
): number | string {
  const id = expectId(image["id"], place(".id"));
  if (known.has(id)) throw new Error(`Expected every image id once in ${name} but found ${showJson(id)} twice`);
  return id;
}

function datasetOf(elements: Iterable<Element>, name: string): CocoDataset {
  const images = new Map<number | string, CocoImage>(), ids = new Set<unknown>();
  const { categories, annotations } = partsOf(elements, name, {
    image: (image, place) => {
      const id = imageId(image, { place, known: images, name });
      const height = expectSide(image["height"], place(".height")), width = expectSide(image["width"], place(".width"));
      if (height * width > MOST_PIXELS) {
        throw new Error(`Expected at most ${MOST_PIXELS} pixels in ${place("")} but found ${height}×${width}`);
      }
      images.set(id, { id, fileName: fileNameOf(image, place), height, width });
    },
    annotation: (value, n, again) => {
      const id = expectId(expectObject(value, `annotations[${n}] of ${name}`)["id"], `annotations[${n}].id of ${name}`);
      if (ids.has(id)) throw new Error(`Expected every annotation id once in ${name} but found ${showJson(id)} twice`);
      ids.add(id);
      return readCocoAnnotation(value, { id, name: `annotation ${id} of ${name}`, again });
    },
  });
  const known = new Set(categories.map(({ id }) => id));
  const listed = Map.groupBy(annotations, ({ image, category }) => images.has(image) && known.has(category));
  return { images, categories, annotations: groupByImage(listed.get(true) ?? []), strays: listed.get(false) ?? [] };
}

function fileNameOf(image: JsonObject, place: (key: string) => string): string {
  const name = image["file_name"], address = image["coco_url"] ?? image["flickr_url"];
  if (name !== undefined && name !== null) return expectText(name, place(".file_name"));
  return typeof address === "string" && basename(address) !== "" ? basename(address) : String(image["id"]);
}

/** One annotation, or one result. @throws Error naming what is missing or of another kind. */
function readCocoAnnotation(
  value: unknown,
  { id, name, again }: Pick<CocoAnnotation, "id" | "name"> & { again: (() => unknown) | undefined },
): CocoAnnotation {
  const annotation = expectObject(value, name);
  const { iscrowd = 0, score, segmentation, area, bbox } = annotation;
  if (![0, 1, false, true].includes(iscrowd as number)) {
    throw new Error(`Expected 0 or 1 as iscrowd of ${name} but found ${showJson(iscrowd)}`);
  }
  const read = {
    name,
    id,
    image: expectId(annotation["image_id"], `image_id of ${name}`),
    category: expectNumber(annotation["category_id"], `category_id of ${name}`),
    segmentation,
    area: area === undefined || area === null ? null : expectNumber(area, `area of ${name}`),
    box: readBox(bbox, name),
    crowd: Boolean(iscrowd),
    score: score === undefined ? null : score === null ? NaN : expectNumber(score, `score of ${name}`),
  };
  if (!again || segmentation === undefined) return read;
  return {
    ...read,
    get segmentation() {
      return expectObject(again(), name)["segmentation"];
    },
  };
}

/** A box; `null` where there is none, or an empty list as COCO's tools have it. */
function readBox(box: unknown, name: string): number[] | null {
  if (box === undefined || box === null || (Array.isArray(box) && box.length === 0)) return null;
  const numbers = expectList(box, `bbox of ${name}`).map((side) => expectNumber(side, `number in the bbox of ${name}`));
  if (numbers.length === 4) return numbers;
  throw new Error(`Expected x, y, width and height as bbox of ${name} but found ${showJson(box)}`);
}

/** Annotations by the id of their image, in their order. */
function groupByImage(annotations: readonly CocoAnnotation[]): Map<number | string, CocoAnnotation[]> {
  return Map.groupBy(annotations, ({ image }) => image);
}

/** Instances that another program found: a list of results, or a data set with scores. */
export interface CocoPredictions {
  /** Results by id of their image. */
  readonly annotations: ReadonlyMap<number | string, readonly CocoAnnotation[]>;
  /** Images and classes, where the file tells of them. */
  readonly dataset: CocoDataset | null;
}

/**
 * Reads predictions: COCO's results format, a list of `image_id`, `category_id`, `segmentation`, `score`, or a whole
 * data set, such as exported pseudo labels, whose annotations may lack scores.
 *
 * @param text The JSON.
 * @param name What the error messages call the file.
 * @throws Error naming file, place and value of what is missing or of another kind.
 */
export function parseCocoPredictions(text: string, name: string): CocoPredictions {
  const json = parseScored(text, name);
  const contents = Array.isArray(json) ? json : expectObject(json, `the contents of ${name}`);
  return predictionsOf(() => elementsOf(contents), name);
}

/** Reads a file of predictions as {@linkcode parseCocoPredictions} does its text, as {@linkcode readCocoDataset} reads. */
export function readCocoPredictions(path: string): CocoPredictions {
  return predictionsOf(() => jsonElements(path, parseScored), path);
}

function predictionsOf(elements: () => Iterable<Element>, name: string): CocoPredictions {
  const [first] = elements();
  if (first?.key !== null) {
    const dataset = datasetOf(elements(), name);
    return { annotations: dataset.annotations, dataset };
  }
  const results: CocoAnnotation[] = [];
  for (const element of elements()) if (element.n !== null) results.push(readResult(element, element.n, name));
  return { annotations: groupByImage(results), dataset: null };
}

function readResult({ value, again }: Element, n: number, name: string): CocoAnnotation {
  const result = readCocoAnnotation(value, { id: n + 1, name: `result ${n} of ${name}`, again }), { box } = result;
  if (result.score === null) throw new Error(`Expected a score in ${result.name} but found none`);
  if (Object.hasOwn(value as object, "segmentation") || !box) return result;
  const [x, y, width, height] = box as [number, number, number, number];
  return { ...result, segmentation: [[x, y, x, y + height, x + width, y + height, x + width, y]] };
}
