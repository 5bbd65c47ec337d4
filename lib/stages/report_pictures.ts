import { segmentationScores } from "../evaluation/mod.ts";
import {
  drawBoundary,
  drawCam,
  drawClusters,
  drawDisplacement,
  drawGroundTruth,
  drawInstances,
  drawLabels,
  encodePicture,
  failureReason,
  type GalleryEntry,
  highestCam,
  type RgbImage,
} from "../figures/mod.ts";
import { shortName } from "../files/disk.ts";
import type { StageContext } from "../run/stage.ts";
import { readCams } from "./cam.ts";
import { clustersOf, readInstances } from "./instance.ts";
import { readIrnetMaps } from "./irnet.ts";
import { readTruth } from "./_read.ts";
import { readMeasurement } from "./measure.ts";
import { readConfidentLabels } from "./relation.ts";
import { readSemantic } from "./semantic.ts";

/** Longest sides, pixels: of pictures in the report, and of those in files of their own. */
const IN_REPORT = 720, IN_FILES = 1600;

/** One picture of an image, not encoded yet. */
interface Layer {
  readonly name: string;
  readonly caption: string;
  readonly image: RgbImage;
}

/**
 * Images for the report, spread over the classes, and the worst ones, with what every stage made of them. Each picture is also written to
 * `evaluation/pictures/<id>_<layer>.png`.
 *
 * @param context With the files of all stages.
 * @param count Number of images over the classes, fewer if there are no more; to which a quarter of the worst is added.
 * @returns The images in the order of the list.
 * @throws Error naming the stage to run where a file is missing.
 */
export async function galleryEntries(context: StageContext, count: number): Promise<GalleryEntry[]> {
  const { config, dataset, files, signal } = context;
  const entries: GalleryEntry[] = [];
  const list = dataset.list(config.data.inferList);
  const spread = spreadOverClasses(list, { labels: dataset.labels, count });
  const worst = await lowestIous(context, { list, count: Math.ceil(count / 4) });
  const ids = list.filter((id) => spread.includes(id) || worst.includes(id));
  for (const id of ids) {
    signal.throwIfAborted();
    const layers = await Promise.all((await drawLayers(context, id)).map(async ({ name, caption, image }) => {
      const file = `pictures/${shortName(id)}_${name.toLowerCase().replaceAll(" ", "_")}.png`;
      await files.write("evaluation", file, await encodePicture(image, { longest: IN_FILES }));
      return { name, caption, picture: await encodePicture(image, { format: "webp", longest: IN_REPORT }) };
    }));
    const labels = dataset.labels(id).map((label) => dataset.classes[label]!);
    const [iou, mistake] = await Promise.all([imageIou(context, id), mistakeOf(context, id)]);
    entries.push({ id, labels, iou, mistake, layers });
    context.progress(entries.length, ids.length, "pictures");
  }
  return entries;
}

/**
 * For class after class the first image of the list that has it and is not taken yet, round after round; where images
 * are fewer than classes, of classes at equal distances.
 */
export function spreadOverClasses(
  list: readonly string[],
  { labels, count }: { labels: (id: string) => readonly number[]; count: number },
): string[] {
  const present = [...new Set(list.flatMap((id) => labels(id)))].sort((a, b) => a - b);
  const classes = count < present.length
    ? Array.from({ length: count }, (_, i) => present[Math.floor(i * present.length / count)]!)
    : present;
  const chosen = new Set<string>();
  for (let round = 0; chosen.size < count && round < list.length; round++) {
    for (const label of classes) {
      const next = list.find((id) => !chosen.has(id) && labels(id).includes(label));
      if (next !== undefined && chosen.size < count) chosen.add(next);
    }
  }
  return list.filter((id) => chosen.has(id));
}

/** Mean IoU of an image's pseudo semantic labels over the labels that occur, percent; `null` without ground truth. */
async function imageIou(context: StageContext, id: string): Promise<number | null> {
  const { config, dataset } = context, { semantic } = await readMeasurement(context.files, id);
  const at = semantic?.thresholds.findIndex((t) => Math.abs(t - config.synthesis.semanticThreshold) < 1e-9) ?? -1;
  const confusion = semantic?.confusions[at];
  if (!confusion) return null;
  const { mean } = segmentationScores(confusion, { classes: dataset.classes });
  return Number.isNaN(mean) ? null : 100 * mean;
}

/** The images with the lowest IoU, as far as ground truth is known. */
async function lowestIous(
  context: StageContext,
  { list, count }: { list: readonly string[]; count: number },
): Promise<string[]> {
  const judged: { id: string; iou: number }[] = [];
  for (const id of list) {
    const iou = await imageIou(context, id);
    if (iou !== null) judged.push({ id, iou });
  }
  return judged.sort((a, b) => a.iou - b.iou).slice(0, count).map(({ id }) => id);
}

/** Gravest mistake in an image's pseudo semantic labels; `null` without ground truth. */
async function mistakeOf(context: StageContext, id: string): Promise<string | null> {
  const { classes } = context.dataset, { truth } = await readTruth(context.dataset, id, { exact: false });
  return truth && failureReason(await readSemantic(context.files, id), { truth, classes });
}

async function drawLayers(context: StageContext, id: string): Promise<Layer[]> {
  const { config, dataset } = context;
  const image = config.data.longSide === null ? await dataset.readImage(id) : await dataset.readFullImage(id, IN_FILES);
  const maps = await readIrnetMaps(context.files, id), { height, width } = maps;
  const isTrained = dataset.list(config.data.trainList).includes(id);
  const isExact = dataset.list(config.data.instanceList).includes(id);
  const { truth, objects } = await readTruth(dataset, id, { exact: isExact });

  const layers: (Layer | null)[] = [
    { name: "Photograph", caption: "The photograph", image },
    {
      name: "CAM",
      caption: "Class attention maps, at every pixel the highest of the image's classes",
      image: drawCam(image, highestCam(await readCams(context.files, id))),
    },
    isTrained
      ? {
        name: "Confident labels",
        caption: "Confident labels that train IRNet: classes in colour, background plain, uncertain pixels in stripes",
        image: drawLabels(image, await readConfidentLabels(context.files, id)),
      }
      : null,
    {
      name: "Boundary",
      caption: "Class-boundary probability",
      image: drawBoundary({ height, width, data: maps.boundary }, image),
    },
    {
      name: "Displacement",
      caption: "Displacement to the instance centroid: hue is direction, strength is distance",
      image: drawDisplacement({ height, width, data: maps.displacement }, image),
    },
    {
      name: "Instance map",
      caption: "Class-agnostic instance map: pixels of one colour move to one centroid, those in stripes to none",
      image: drawClusters(image, { height, width, ...clustersOf(maps, config.displacement) }),
    },
    {
      name: "Pseudo instances",
      caption: "Pseudo instance masks",
      image: drawInstances(image, await readInstances(context.files, id, { size: (await dataset.imageSize(id)).full })),
    },
    {
      name: "Pseudo labels",
      caption: "Pseudo semantic labels in the colours of their classes",
      image: drawLabels(image, await readSemantic(context.files, id)),
    },
    truth
      ? {
        name: "Truth",
        caption: objects ? "Ground truth: classes, with white lines around instances" : "Ground truth: classes",
        image: drawGroundTruth(image, truth, objects),
      }
      : null,
  ];
  return layers.filter((layer) => layer !== null);
}
