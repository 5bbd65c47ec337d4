import type { ImageRecord } from "../evaluation/mod.ts";
import {
  drawBoundary,
  drawCam,
  drawClusters,
  drawDisplacement,
  drawGroundTruth,
  drawInstances,
  drawJudgedInstances,
  drawLabels,
  encodePicture,
  type GalleryEntry,
  highestCam,
  JUPYTER_DISPLAY,
  pixelFigure,
  type ReportInput,
  type RgbImage,
} from "../figures/mod.ts";
import { shortName } from "../files/disk.ts";
import type { StageContext } from "../run/stage.ts";
import { readCams } from "./cam.ts";
import { clustersOf, readInstances } from "./instance.ts";
import { readIrnetMaps } from "./irnet.ts";
import { readTruth } from "./_read.ts";
import { readSeed, readSeedLabels } from "./seed.ts";
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
 * @param records Results on the images of the list.
 * @param options Number of images over the classes, fewer if there are no more, to which a quarter of the worst is added;
 * and whether files are written.
 * @returns The images in the order of the list.
 * @throws Error naming the stage to run where a file is missing.
 */
export async function galleryEntries(
  context: StageContext,
  records: readonly ImageRecord[],
  { count, writes }: { readonly count: number; readonly writes: boolean },
): Promise<GalleryEntry[]> {
  const { dataset, files, signal } = context;
  const entries: GalleryEntry[] = [], recordOf = new Map(records.map((record) => [record.id, record]));
  const list = [...recordOf.keys()];
  const spread = spreadOverClasses(list, { labels: dataset.labels, count });
  const worst = records.filter(({ miou }) => miou !== null).sort((a, b) => a.miou! - b.miou!)
    .slice(0, Math.ceil(count / 4)).map(({ id }) => id);
  const ids = list.filter((id) => spread.includes(id) || worst.includes(id));
  for (const id of ids) {
    signal.throwIfAborted();
    const layers = await Promise.all((await drawLayers(context, id)).map(async ({ name, caption, image }) => {
      const file = `pictures/${shortName(id)}_${name.toLowerCase().replaceAll(" ", "_")}.png`;
      if (writes) await files.write("evaluation", file, await encodePicture(image, { longest: IN_FILES }));
      return { name, caption, picture: await encodePicture(image, { format: "webp", longest: IN_REPORT }) };
    }));
    const { classes, miou, reason } = recordOf.get(id)!;
    entries.push({ id, labels: classes, iou: miou, mistake: reason, layers });
    context.progress(entries.length, ids.length, "pictures");
  }
  return entries;
}

/** One image of the gallery to click pixels of; `null` where there is none. */
export async function pixelOf(
  { config, dataset, files }: StageContext,
  gallery: readonly GalleryEntry[],
): Promise<NonNullable<ReportInput["pixel"]> | null> {
  const id = gallery[0]?.id;
  if (id === undefined) return null;
  const { height, width, boundary, displacement } = await readIrnetMaps(files, id);
  const figure = pixelFigure(await dataset.readImage(id), {
    boundary: { height, width, data: boundary },
    displacement: { height, width, data: displacement },
    classes: dataset.classes,
    walk: config.walk,
    refinement: config.displacement,
    id: "pixel-figure",
  });
  return { id, html: String((await figure[JUPYTER_DISPLAY]())["text/html"]) };
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

async function drawLayers(context: StageContext, id: string): Promise<Layer[]> {
  const { config, dataset } = context;
  const image = config.data.longSide === null ? await dataset.readImage(id) : await dataset.readFullImage(id, IN_FILES);
  const maps = await readIrnetMaps(context.files, id), { height, width } = maps;
  const isTrained = dataset.list(config.data.trainList).includes(id);
  const isExact = dataset.list(config.data.instanceList).includes(id);
  const { truth, objects } = await readTruth(dataset, id, { exact: isExact });

  const instances = await readInstances(context.files, id, { size: (await dataset.imageSize(id)).full });
  const layers: (Layer | null)[] = [
    { name: "Photograph", caption: "The photograph", image },
    {
      name: "CAM",
      caption: "Class attention maps, at every pixel the highest of the image's classes",
      image: drawCam(image, highestCam(await readCams(context.files, id))),
    },
    config.amn.use
      ? {
        name: "AMN",
        caption: "Maps of AMN, which take the place of class attention maps from here on",
        image: drawCam(image, highestCam(await readSeed(context, id))),
      }
      : null,
    isTrained
      ? {
        name: "Confident labels",
        caption: "Confident labels that train IRNet: classes in colour, background plain, uncertain pixels in stripes",
        image: drawLabels(image, await readSeedLabels(context, id)),
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
      caption: truth && objects
        ? "Pseudo instance masks with class and score: blue right, orange wrong at IoU 0.5. Lines: ground truth, yellow missed"
        : "Pseudo instance masks",
      image: truth && objects
        ? await drawJudgedInstances(image, { instances, truth, objects, classes: dataset.classes })
        : drawInstances(image, instances),
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
