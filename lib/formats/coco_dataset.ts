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

/**
 * Reads a data set in COCO's format: its `images`, `categories` and `annotations`. Segmentations are not decoded yet.
 *
 * @param text The JSON.
 * @param name What the error messages call the file.
 * @throws Error naming file, place and value of the first thing that is missing or of another kind, or of a repeated id.
 */
export function parseCocoDataset(text: string, name: string): CocoDataset {
  return readCocoDataset(parseScored(text, name), name);
}

/** JSON in which Python wrote scores that are no number: they read as `null`. */
function parseScored(text: string, name: string): unknown {
  return parseJson(text.replaceAll(/("score"\s*:\s*)(?:NaN|-?Infinity)(?=\s*[,}])/g, "$1null"), name);
}

/** As {@linkcode parseCocoDataset}, of JSON that is parsed already. */
function readCocoDataset(json: unknown, name: string): CocoDataset {
  const file = expectObject(json, `the contents of ${name}`);
  const images = new Map<number | string, CocoImage>();
  expectList(file["images"], `images of ${name}`).forEach((value, n) => {
    const place = (key: string) => `images[${n}]${key} of ${name}`;
    const image = expectObject(value, place(""));
    const id = expectId(image["id"], place(".id"));
    if (images.has(id)) throw new Error(`Expected every image id once in ${name} but found ${showJson(id)} twice`);
    const height = expectSide(image["height"], place(".height")), width = expectSide(image["width"], place(".width"));
    if (height * width > MOST_PIXELS) {
      throw new Error(`Expected at most ${MOST_PIXELS} pixels in ${place("")} but found ${height}×${width}`);
    }
    images.set(id, { id, fileName: fileNameOf(image, place), height, width });
  });

  const categories = expectList(file["categories"], `categories of ${name}`).map((value, n) => {
    const place = (key: string) => `categories[${n}]${key} of ${name}`;
    const category = expectObject(value, place(""));
    return { id: expectNumber(category["id"], place(".id")), name: expectText(category["name"], place(".name")) };
  }).sort((a, b) => a.id - b.id);
  categories.forEach((category, n) => {
    if (category.id === categories[n - 1]?.id) {
      throw new Error(`Expected every category id once in ${name} but found ${category.id} twice`);
    }
  });
  const known = new Set(categories.map(({ id }) => id));

  const list = expectList(file["annotations"], `annotations of ${name}`);
  const ids = new Set<unknown>();
  const all = list.map((value, n) => {
    const id = expectId(expectObject(value, `annotations[${n}] of ${name}`)["id"], `annotations[${n}].id of ${name}`);
    if (ids.has(id)) throw new Error(`Expected every annotation id once in ${name} but found ${showJson(id)} twice`);
    ids.add(id);
    return readCocoAnnotation(value, { id, name: `annotation ${id} of ${name}` });
  });
  const listed = Map.groupBy(all, ({ image, category }) => images.has(image) && known.has(category));
  return { images, categories, annotations: groupByImage(listed.get(true) ?? []), strays: listed.get(false) ?? [] };
}

function fileNameOf(image: JsonObject, place: (key: string) => string): string {
  const name = image["file_name"], address = image["coco_url"] ?? image["flickr_url"];
  if (name !== undefined && name !== null) return expectText(name, place(".file_name"));
  return typeof address === "string" && basename(address) !== "" ? basename(address) : String(image["id"]);
}

/** One annotation, or one result. @throws Error naming what is missing or of another kind. */
function readCocoAnnotation(value: unknown, { id, name }: Pick<CocoAnnotation, "id" | "name">): CocoAnnotation {
  const annotation = expectObject(value, name);
  const { iscrowd = 0, score, segmentation, area, bbox } = annotation;
  if (![0, 1, false, true].includes(iscrowd as number)) {
    throw new Error(`Expected 0 or 1 as iscrowd of ${name} but found ${showJson(iscrowd)}`);
  }
  return {
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
  if (!Array.isArray(json)) {
    const dataset = readCocoDataset(json, name);
    return { annotations: dataset.annotations, dataset };
  }
  const results = json.map((value, n) => {
    const result = readCocoAnnotation(value, { id: n + 1, name: `result ${n} of ${name}` }), { box } = result;
    if (result.score === null) throw new Error(`Expected a score in ${result.name} but found none`);
    if (result.segmentation !== undefined || !box) return result;
    const [x, y, width, height] = box as [number, number, number, number];
    return { ...result, segmentation: [[x, y, x, y + height, x + width, y + height, x + width, y]] };
  });
  return { annotations: groupByImage(results), dataset: null };
}
