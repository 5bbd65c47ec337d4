import { join, relative } from "node:path";
import { type CocoDetection, groundTruthRuns } from "../evaluation/mod.ts";
import {
  type CocoAnnotation,
  type CocoDataset,
  type CocoImage,
  measureRuns,
  readCocoPredictions,
  readSegmentation,
} from "../formats/mod.ts";
import type { LabelMap } from "../data/mod.ts";
import { decodePng } from "../files/png.ts";
import { isFolder, readFileIfExists, statIfExists } from "../files/disk.ts";
import type { GroundTruth, LeftOut } from "./ground_truth.ts";
import { ImageMatcher, type ListedImage } from "./match_images.ts";

/** Predictions of another program. */
export interface Predictions {
  /** Class ids of pixels; absent where there are only instances. */
  readonly labels?: (image: ListedImage) => Promise<LabelMap>;
  /** Instances; absent where there are only class ids. */
  readonly instances?: (image: ListedImage, size: { height: number; width: number }) => Promise<CocoDetection[]>;
}

/** Opens predictions: a JSON file of COCO, or a folder of VOC. @throws Error if they do not fit the ground truth. */
export async function openPredictions(path: string, truth: GroundTruth, left: LeftOut): Promise<Predictions> {
  const info = await statIfExists(path);
  if (!info) throw new Error(`Expected predictions, a JSON file or a folder of PNGs, at ${path} but found none`);
  return info.isDirectory ? openFolder(path, truth) : openCoco(path, { truth, left });
}

/** `SegmentationClass` and perhaps `SegmentationObject`, or the label maps themselves: `<id>.png`, or `<folders>/<id>.png`. */
function openFolder(folder: string, { images, split }: GroundTruth): Predictions {
  const levels = ([0, 1, 2] as const).map((n) => ({ n, sharing: Map.groupBy(images, ({ keys }) => keys[n]) }));
  const read = async (parent: string, { keys }: ListedImage) => {
    for (const { n, sharing } of levels) {
      const path = join(parent, `${keys[n]}.png`);
      const bytes = relative(parent, path).startsWith("..") ? null : await readFileIfExists(path);
      if (!bytes) continue;
      const [first, second] = sharing.get(keys[n])!;
      if (second) {
        throw new Error(`Expected one image of ${split} for ${path} but found ${first!.name} and ${second.name}`);
      }
      const { height, width, data } = decodePng(bytes, path);
      return { height, width, data };
    }
    throw new Error(`Expected a prediction ${join(parent, `${keys[2]}.png`)} but found no such file`);
  };
  const has = (name: string) => isFolder(join(folder, name));
  const classFolder = has("SegmentationClass") ? join(folder, "SegmentationClass") : folder;
  const labels = (image: ListedImage) => read(classFolder, image);
  if (classFolder === folder || !has("SegmentationObject")) return { labels };
  return {
    labels,
    instances: async (image) => {
      const objects = await read(join(folder, "SegmentationObject"), image);
      return groundTruthRuns(objects, await labels(image))
        .map((one) => ({ ...one, score: 1, area: measureRuns(one.runs).area }));
    },
  };
}

function openCoco(path: string, { truth, left }: { truth: GroundTruth; left: LeftOut }): Predictions {
  const { annotations, dataset } = readCocoPredictions(path), matcher = new ImageMatcher(truth);
  for (const { name } of dataset?.strays ?? []) {
    left.add("predictions of an image or class that their file does not list", name);
  }
  const classOf = classesOf(truth, dataset, path), all = [...annotations.values()].flat();
  if (all.length > 0 && all.every(({ category }) => classOf(category) === null)) {
    const [{ name, category }] = all as [CocoAnnotation];
    const known = truth.categories.map(({ id, name }) => dataset ? name : id).join(", ");
    const found = dataset?.categories.find(({ id }) => id === category)?.name ?? category;
    throw new Error(`Expected category_id of ${name} among ${known} but found ${found}`);
  }
  const byImage: ReadonlyMap<ListedImage, Found> = dataset
    ? ofListedImages(dataset, { path, matcher, truth, left })
    : new Map([...Map.groupBy(all, (one) => matcher.ofResult(one))].map(([image, found]) => [image, { found }]));
  const boxed = all[0]?.box !== null; // COCO's tools look at the first one alone
  return {
    instances: (image, { height, width }) => {
      const { found, listed } = byImage.get(image) ?? NOTHING;
      if (listed && (listed.height !== height || listed.width !== width)) {
        throw new Error(
          `Expected ${height}×${width} pixels, as the ground truth has, of ${image.name} in ${path} but found ` +
            `${listed.height}×${listed.width}`,
        );
      }
      return Promise.resolve(found.flatMap((one): CocoDetection[] => {
        const index = classOf(one.category), { box, name } = one, score = one.score ?? 1;
        const runs = readSegmentation(one.segmentation, { height, width, name });
        const problem = index === null
          ? "predictions of a class that the ground truth lacks"
          : !Number.isFinite(score)
          ? "predictions whose score is no number"
          : runs
          ? null
          : "predictions without a segmentation";
        if (problem) left.add(problem, index === null ? `${name} (category_id ${one.category})` : name);
        if (index === null || !runs || problem) return [];
        return [{ class: index, runs, score, area: boxed && box ? box[2]! * box[3]! : measureRuns(runs).area }];
      }));
    },
  };
}

const NOTHING: Found = { found: [] };

/** What predictions say of an image. */
interface Found {
  readonly found: readonly CocoAnnotation[];
  /** The image, where the file lists images. */
  readonly listed?: CocoImage;
}

/** Annotations by image of the ground truth. */
function ofListedImages(
  { images, annotations }: CocoDataset,
  { path, matcher, truth, left }: { path: string; matcher: ImageMatcher; truth: GroundTruth; left: LeftOut },
): Map<ListedImage, Found> {
  const byImage = new Map<ListedImage, Found>();
  const nameOf = ({ fileName, id }: CocoImage) => `${fileName} (id ${JSON.stringify(id)})`;
  for (const image of images.values()) {
    const known = matcher.ofImage(image), other = known && byImage.get(known)?.listed;
    if (!known) {
      left.add(`images of ${path} that ${truth.split} lacks`, nameOf(image));
      continue;
    }
    if (other) {
      const both = `${nameOf(other)} and ${nameOf(image)}`;
      throw new Error(`Expected one image of ${path} for ${known.name} but found ${both}`);
    }
    byImage.set(known, { found: annotations.get(image.id) ?? [], listed: image });
  }
  if (byImage.size === 0 && images.size > 0) {
    throw new Error(
      `Expected images of ${truth.split} in ${path} but found none of them${matcher.sharedId(images.values())}`,
    );
  }
  return byImage;
}

/** Index of a class by its id in the predictions; `null` if the ground truth lacks it. */
function classesOf(
  { categories, split }: GroundTruth,
  dataset: CocoDataset | null,
  path: string,
): (category: number) => number | null {
  const indexOf = new Map((dataset?.categories ?? categories).map(({ id, name }) => {
    const same = categories.findIndex((one) => one.id === id && one.name === name);
    const named = categories.filter((one) => one.name === name);
    if (same < 0 && named.length > 1) {
      throw new Error(`Expected one class ${name} in ${split} for category ${id} of ${path} but found ${named.length}`);
    }
    return [id, same >= 0 ? same : categories.findIndex((one) => one.name === name)];
  }));
  return (category) => {
    const index = indexOf.get(category) ?? -1;
    return index < 0 ? null : index;
  };
}
