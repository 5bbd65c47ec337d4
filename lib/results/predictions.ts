import { join } from "node:path";
import { groundTruthInstances, type PredictedMasks } from "../evaluation/mod.ts";
import { type CocoAnnotation, parseCocoPredictions } from "../formats/mod.ts";
import type { LabelMap } from "../data/mod.ts";
import { decodePng } from "../files/png.ts";
import { isFolder, readFileIfExists, statIfExists } from "../files/disk.ts";
import { decodeMasks, type GroundTruth, stemOf, type TruthImage } from "./ground_truth.ts";

/** Predictions of another program. */
export interface Predictions {
  /** Class ids of pixels; absent where there are only instances. */
  readonly labels?: (image: TruthImage) => Promise<LabelMap>;
  /** Instances; absent where there are only class ids. */
  readonly instances?: (image: TruthImage, size: { height: number; width: number }) => Promise<PredictedMasks>;
}

/** Opens predictions: a JSON file of COCO, or a folder of VOC. @throws Error if they do not fit the ground truth. */
export async function openPredictions(path: string, truth: GroundTruth): Promise<Predictions> {
  const info = await statIfExists(path);
  if (!info) throw new Error(`Expected predictions, a JSON file or a folder of PNGs, at ${path} but found none`);
  return info.isDirectory ? openFolder(path) : openCoco(await Deno.readTextFile(path), path, truth);
}

/** `SegmentationClass` and perhaps `SegmentationObject`, or the label maps themselves. */
function openFolder(folder: string): Predictions {
  const read = async (...parts: string[]) => {
    const path = join(...parts);
    const bytes = await readFileIfExists(path);
    if (!bytes) throw new Error(`Expected a prediction ${path} but found no such file`);
    const { height, width, data } = decodePng(bytes, path);
    return { height, width, data };
  };
  const has = (name: string) => isFolder(join(folder, name));
  const classFolder = has("SegmentationClass") ? join(folder, "SegmentationClass") : folder;
  const labels = ({ name }: TruthImage) => read(classFolder, `${name}.png`);
  if (classFolder === folder || !has("SegmentationObject")) return { labels };
  return {
    labels,
    instances: async (image) => {
      const objects = await read(folder, "SegmentationObject", `${image.name}.png`);
      const masks = groundTruthInstances(objects, await labels(image));
      return { ...masks, score: Array.from(masks.class, () => 1) };
    },
  };
}

function openCoco(text: string, path: string, { classes, categories, images, split }: GroundTruth): Predictions {
  const { annotations, dataset } = parseCocoPredictions(text, path);
  const byImage = dataset ? byName(annotations, dataset.images) : annotations;
  const keys = new Set(images.flatMap(({ name, id }) => dataset ? [name] : [name, id]));
  if (!dataset) {
    for (const [id, [first]] of annotations) {
      if (!keys.has(id)) {
        throw new Error(`Expected image_id of ${first!.name} among the images of ${split} but found ${id}`);
      }
    }
  } else if (![...dataset.images.values()].some(({ fileName }) => keys.has(stemOf(fileName)))) {
    throw new Error(`Expected images of ${split} in ${path} but found none of them`);
  }

  const classOf = new Map(
    dataset
      ? dataset.categories.map(({ id, name }) => [id, classes.indexOf(name)])
      : categories.map((id, index) => [id, index]),
  );
  return {
    instances: ({ name, id }, { height, width }) => {
      const found = [...new Set<number | string>(dataset ? [name] : [id, name])].flatMap((key) =>
        byImage.get(key) ?? []
      );
      return Promise.resolve({
        height,
        width,
        mask: decodeMasks(found, { height, width }),
        score: found.map(({ score }) => score ?? 1),
        class: found.map(({ category, name: result }) => {
          const index = classOf.get(category) ?? -1;
          if (index >= 0) return index;
          const known = dataset?.categories.find((one) => one.id === category)?.name ?? category;
          const expected = dataset ? classes : categories;
          throw new Error(`Expected category_id of ${result} among ${expected.join(", ")} but found ${known}`);
        }),
      });
    },
  };
}

/** Annotations by the names of image files. */
function byName(
  annotations: ReadonlyMap<number | string, readonly CocoAnnotation[]>,
  images: ReadonlyMap<number | string, { readonly fileName: string }>,
): Map<number | string, readonly CocoAnnotation[]> {
  return new Map([...annotations].map(([id, list]) => [stemOf(images.get(id)!.fileName), list]));
}
