import { parseJson } from "../files/json.ts";
import { expectId, expectList, expectNumber, expectObject, expectSide, expectText, showJson } from "../files/json.ts";

/** Image of a COCO file. */
export interface CocoImage {
  /** Its id in the file. */
  readonly id: number | string;
  /** Name of the file. */
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
  /** Its name. */
  readonly name: string;
}

/** Instance of a COCO file. */
export interface CocoAnnotation {
  /** Name in messages: its id, or its place in the list. */
  readonly name: string;
  /** Id of the image. */
  readonly image: number | string;
  /** Id of the class. */
  readonly category: number;
  /** Segmentation, of which `readSegmentation` makes a mask. */
  readonly segmentation: unknown;
  /** True where it stands for a group of objects. */
  readonly crowd: boolean;
  /** Confidence; `null` where the file gives none. */
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
}

const MOST_PIXELS = 1e8;

// of an image; masks of more are surely a mistake, and would fill the memory

/**
 * Reads a data set in COCO's format: its `images`, `categories` and `annotations`. Segmentations are not decoded yet.
 *
 * @param text The JSON.
 * @param name What the error messages call the file.
 * @throws Error naming file, place and value of the first thing that is missing, of another kind, a repeated id or one
 * that does not exist.
 */
export function parseCocoDataset(text: string, name: string): CocoDataset {
  return readCocoDataset(parseJson(text, name), name);
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
    images.set(id, { id, fileName: expectText(image["file_name"], place(".file_name")), height, width });
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
    if (categories.findIndex((other) => other.name === category.name) < n) {
      throw new Error(`Expected every category name once in ${name} but found ${category.name} twice`);
    }
  });
  const known = new Set(categories.map(({ id }) => id));

  const list = expectList(file["annotations"], `annotations of ${name}`);
  const ids = new Set<unknown>();
  const annotations = groupByImage(list.map((value, n) => {
    const id = expectId(expectObject(value, `annotations[${n}] of ${name}`)["id"], `annotations[${n}].id of ${name}`);
    if (ids.has(id)) throw new Error(`Expected every annotation id once in ${name} but found ${showJson(id)} twice`);
    ids.add(id);
    const annotation = readCocoAnnotation(value, `annotation ${id} of ${name}`);
    if (!images.has(annotation.image)) {
      throw new Error(
        `Expected image_id of ${annotation.name} among its images but found ${showJson(annotation.image)}`,
      );
    }
    if (!known.has(annotation.category)) {
      throw new Error(
        `Expected category_id of ${annotation.name} among its categories but found ${annotation.category}`,
      );
    }
    return annotation;
  }));
  return { images, categories, annotations };
}

/** One annotation, or one result. @throws Error naming what is missing or of another kind. */
function readCocoAnnotation(value: unknown, name: string): CocoAnnotation {
  const annotation = expectObject(value, name);
  const { iscrowd = 0, score, segmentation } = annotation;
  if (iscrowd !== 0 && iscrowd !== 1) {
    throw new Error(`Expected 0 or 1 as iscrowd of ${name} but found ${showJson(iscrowd)}`);
  }
  if (typeof segmentation !== "object" || segmentation === null) {
    throw new Error(`Expected run lengths or polygons as segmentation of ${name} but found ${showJson(segmentation)}`);
  }
  return {
    name,
    image: expectId(annotation["image_id"], `image_id of ${name}`),
    category: expectNumber(annotation["category_id"], `category_id of ${name}`),
    segmentation,
    crowd: iscrowd === 1,
    score: score === undefined ? null : expectNumber(score, `score of ${name}`),
  };
}

/** Annotations by the id of their image, in their order. */
function groupByImage(annotations: readonly CocoAnnotation[]): Map<number | string, CocoAnnotation[]> {
  const groups = new Map<number | string, CocoAnnotation[]>();
  for (const annotation of annotations) {
    const group = groups.get(annotation.image);
    if (group) group.push(annotation);
    else groups.set(annotation.image, [annotation]);
  }
  return groups;
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
  const json = parseJson(text, name);
  if (!Array.isArray(json)) {
    const dataset = readCocoDataset(json, name);
    return { annotations: dataset.annotations, dataset };
  }
  const results = expectList(json, name).map((value, n) => {
    const result = readCocoAnnotation(value, `result ${n} of ${name}`);
    if (result.score === null) throw new Error(`Expected a score in ${result.name} but found none`);
    return result;
  });
  return { annotations: groupByImage(results), dataset: null };
}
