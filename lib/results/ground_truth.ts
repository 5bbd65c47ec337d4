import { basename } from "node:path";
import type { Config } from "../config/config.ts";
import { type CocoTruth, groundTruthRuns } from "../evaluation/mod.ts";
import { type CocoDataset, imageNumbers, measureRuns, pixelsOfRuns, readCocoDataset } from "../formats/mod.ts";
import { readSegmentation } from "../formats/mod.ts";
import { type LabelMap, MOST_LABELS, openDataset } from "../data/mod.ts";
import { readTruth } from "../stages/_read.ts";
import { fileKeys, fileNameOf, type ListedImage } from "./match_images.ts";

/** Ground truth that predictions are judged by. */
export interface GroundTruth {
  /** Name in tables. */
  readonly split: string;
  /** Names of the classes, all different. */
  readonly classes: readonly string[];
  /** Ids of the classes in results, and their names there, in the order of the classes. */
  readonly categories: CocoDataset["categories"];
  /** The images. */
  readonly images: readonly ListedImage[];
  /** The ground truth of an image; `null` where there is none. */
  read(image: ListedImage): Promise<ImageTruth | null>;
}

/** The ground truth of an image. */
export interface ImageTruth {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Class ids of pixels; 255 is void. @throws RangeError if there are too many classes for a map of them. */
  labels(): LabelMap;
  /** Instances and groups of objects (crowds), which predictions may lie in or not; `null` where they are not known. */
  readonly instances: readonly CocoTruth[] | null;
}

/** The ground truth of the data set on a list. Masks that cannot be used are left out, and those doubted that may be. */
export async function groundTruthOfDataset({ data }: Config, list: string, left: LeftOut): Promise<GroundTruth> {
  const dataset = await openDataset(data);
  const names = dataset.list(list), numbers = imageNumbers(names, dataset.coco?.images);
  return {
    split: list,
    classes: data.classes,
    categories: data.classes.map((name, n) => ({ id: dataset.coco?.categories[n] ?? n + 1, name })),
    images: names.map((name, n) => {
      const [, bare, stem] = fileKeys(fileNameOf(dataset, { id: name, root: data.root! }));
      return { name, id: numbers[n]!, keys: [name, bare, stem] };
    }),
    read: async ({ name }) => {
      const { truth: labels, objects, unusable, doubt } = await readTruth(dataset, name, { exact: true });
      if (unusable !== null) left.add("masks that cannot be used", unusable);
      if (doubt !== null) left.add(doubt, name);
      if (!labels) return null;
      const instances = objects && groundTruthRuns(objects, labels).map((one) => ({
        ...one,
        area: measureRuns(one.runs).area,
        crowd: false,
        idIsZero: false,
      }));
      return { height: labels.height, width: labels.width, labels: () => labels, instances };
    },
  };
}

/** The ground truth of a file in COCO's format. */
export function groundTruthOfCoco(path: string, left: LeftOut): GroundTruth {
  const { images, categories, annotations, strays } = readCocoDataset(path);
  for (const { name } of strays) left.add("annotations of an image or class that the file does not list", name);
  const indexOf = new Map(categories.map(({ id }, n) => [id, n]));
  const names = Map.groupBy(categories, ({ name }) => name);
  return {
    split: basename(path),
    classes: categories.map(({ id, name }) => names.get(name)!.length > 1 ? `${name} (id ${id})` : name),
    categories,
    images: [...images.values()].map(({ id, fileName }) => ({ id, name: fileName, keys: fileKeys(fileName) })),
    read: ({ id }) => {
      const { height, width } = images.get(id)!;
      const instances = (annotations.get(id) ?? []).flatMap((one): CocoTruth[] => {
        const runs = readSegmentation(one.segmentation, { height, width, name: one.name });
        if (!runs) {
          left.add("annotations without a segmentation", one.name);
          return [];
        }
        const area = one.area ?? measureRuns(runs).area;
        return [{ class: indexOf.get(one.category)!, runs, area, crowd: one.crowd, idIsZero: one.id === 0 }];
      });
      return Promise.resolve({ height, width, labels: () => mergedClasses(instances, { height, width }), instances });
    },
  };
}

/** Class ids of pixels; void where masks of several classes overlap. */
function mergedClasses(instances: readonly CocoTruth[], { height, width }: { height: number; width: number }) {
  const data = new Uint8Array(height * width);
  for (const { class: index, runs } of instances) {
    const label = index + 1;
    if (label > MOST_LABELS) {
      throw new RangeError(`Expected at most ${MOST_LABELS} classes for label maps but found ${label}`);
    }
    for (const i of pixelsOfRuns(runs)) data[i] = data[i] === 0 || data[i] === label ? label : 255;
  }
  return { height, width, data };
}

/** What an evaluation left out or took in its own way: how often, and where first. */
export class LeftOut {
  readonly #kinds = new Map<string, { count: number; readonly first: string }>();

  /** Counts one of a kind, such as `annotations without a segmentation`. */
  add(kind: string, name: string): void {
    const found = this.#kinds.get(kind);
    if (found) found.count++;
    else this.#kinds.set(kind, { count: 1, first: name });
  }

  /** A line for each kind. */
  lines(): string[] {
    return [...this.#kinds].map(([kind, { count, first }]) => `${kind}: ${count}, first ${first}`);
  }
}
