import { basename } from "node:path";
import type { Config } from "../config/config.ts";
import { groundTruthInstances, type InstanceMasks } from "../evaluation/mod.ts";
import { type CocoAnnotation, imageNumbers, parseCocoDataset, readSegmentation } from "../formats/mod.ts";
import { type LabelMap, openDataset } from "../data/mod.ts";
import { keepInstances } from "../evaluation/instances.ts";

/** Ground truth that predictions are judged by. */
export interface GroundTruth {
  /** Name in tables. */
  readonly split: string;
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Ids of the classes in results, in the order of the classes. */
  readonly categories: readonly number[];
  /** The images. */
  readonly images: readonly TruthImage[];
  /** The ground truth of an image; `null` where there is none. */
  read(image: TruthImage): Promise<ImageTruth | null>;
}

/** An image with ground truth. */
export interface TruthImage {
  /** Its id in the data set, or the name of its file without folder and extension. */
  readonly name: string;
  /** Its number in results. */
  readonly id: number | string;
}

/** The ground truth of an image. */
export interface ImageTruth {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Class ids of pixels; 255 is void. @throws RangeError if there are too many classes for a map of them. */
  labels(): LabelMap;
  /** Instances; `null` where they are not known one by one. */
  readonly instances: InstanceMasks | null;
  /** Groups of objects, which predictions may lie in or not. */
  readonly crowds: InstanceMasks | null;
}

/** The ground truth of the data set on a list. */
export async function groundTruthOfDataset({ data }: Config, list: string): Promise<GroundTruth> {
  const dataset = await openDataset(data);
  const names = dataset.list(list), numbers = imageNumbers(names);
  return {
    split: list,
    classes: data.classes,
    categories: data.classes.map((_, n) => n + 1),
    images: names.map((name, n) => ({ name, id: numbers[n]! })),
    read: async ({ name }) => {
      const labels = await dataset.readClassMask(name);
      if (!labels) return null;
      const objects = await dataset.readInstanceMask(name);
      const { height, width } = labels;
      return {
        height,
        width,
        labels: () => labels,
        instances: objects && groundTruthInstances(objects, labels),
        crowds: null,
      };
    },
  };
}

/** The ground truth of a file in COCO's format. */
export async function groundTruthOfCoco(path: string): Promise<GroundTruth> {
  const { images, categories, annotations } = parseCocoDataset(await Deno.readTextFile(path), path);
  const indexOf = new Map(categories.map(({ id }, n) => [id, n]));
  return {
    split: basename(path),
    classes: categories.map(({ name }) => name),
    categories: categories.map(({ id }) => id),
    images: [...images.values()].map(({ id, fileName }) => ({ id, name: stemOf(fileName) })),
    read: ({ id }) => {
      const { height, width } = images.get(id)!;
      const all = annotations.get(id) ?? [];
      const masks = {
        height,
        width,
        class: all.map(({ category }) => indexOf.get(category)!),
        mask: decodeMasks(all, { height, width }),
      };
      const places = [...all.keys()];
      return Promise.resolve({
        height,
        width,
        labels: () => mergedClasses(masks),
        instances: keepInstances(masks, places.filter((n) => !all[n]!.crowd)),
        crowds: keepInstances(masks, places.filter((n) => all[n]!.crowd)),
      });
    },
  };
}

/** The masks of annotations of an image, [N, H, W]. */
export function decodeMasks(
  annotations: readonly CocoAnnotation[],
  { height, width }: { height: number; width: number },
): Uint8Array {
  const mask = new Uint8Array(annotations.length * height * width);
  annotations.forEach(({ segmentation, name }, n) =>
    mask.set(readSegmentation(segmentation, { height, width, name }).data, n * height * width)
  );
  return mask;
}

/** The name of a file without folder and extension. */
export function stemOf(fileName: string): string {
  return fileName.replace(/^.*[\\/]/, "").replace(/\.[^.]+$/, "");
}

/** Class ids of pixels; void where masks of several classes overlap. */
function mergedClasses({ height, width, class: classes, mask }: InstanceMasks): LabelMap {
  const size = height * width, data = new Uint8Array(size);
  for (let n = 0; n < classes.length; n++) {
    const label = classes[n]! + 1;
    if (label >= 255) throw new RangeError(`Expected at most 254 classes for label maps but found ${label}`);
    for (let i = 0; i < size; i++) {
      if (mask[n * size + i]) data[i] = data[i] === 0 || data[i] === label ? label : 255;
    }
  }
  return { height, width, data };
}
