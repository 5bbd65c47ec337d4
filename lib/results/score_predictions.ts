import type { Config } from "../config/config.ts";
import {
  countConfusion,
  emptyConfusion,
  type InstanceMasks,
  type InstanceMatches,
  instanceScores,
  matchInstances,
  percent,
  type PredictedMasks,
  semanticPercentages,
} from "../evaluation/mod.ts";
import { keepInstances } from "../evaluation/instances.ts";
import { type GroundTruth, groundTruthOfCoco, groundTruthOfDataset } from "./ground_truth.ts";
import { openPredictions } from "./predictions.ts";
import { formatPercent } from "./tables.ts";
import { Progress, type ProgressOptions, textTable } from "../files/terminal.ts";

/** Options of {@linkcode scorePredictions}. */
export interface ScoreOptions {
  /** A file of COCO's results or data sets, or a folder of label maps, or one with `SegmentationClass` in it. */
  readonly predictions: string;
  /** Ground truth in COCO's format; absent: those of the data set. */
  readonly truth?: string;
  /** The images, where the ground truth is the data set's; absent: `data.valList`, else `data.inferList`. */
  readonly list?: string;
  /** Stops the work. */
  readonly signal?: AbortSignal;
  /** Where progress is shown. */
  readonly progress?: ProgressOptions;
}

/** Scores of predictions, in percent; `null` where there is nothing to divide by. */
export interface PredictionScores {
  /** The list, or the file of ground truth. */
  readonly split: string;
  /** Label maps; absent where there are only instances. */
  readonly semantic?: {
    /** Images with ground truth. */
    readonly images: number;
    /** Mean IoU over background and the classes. */
    readonly miou: number | null;
    /** IoU of background and every class. */
    readonly perClass: Readonly<Record<string, number | null>>;
  };
  /** Instances; absent where there are only label maps. */
  readonly instance?: {
    /** Images with ground truth of instances. */
    readonly images: number;
    /** IoU thresholds. */
    readonly ious: readonly number[];
    /** Mean average precision at each. */
    readonly means: readonly (number | null)[];
    /** Average precisions of every class. */
    readonly perClass: Readonly<Record<string, readonly (number | null)[]>>;
  };
}

/**
 * Judges the predictions of another program as PASCAL VOC counts: mIoU of label maps, average precision of instances.
 *
 * The numbers of images in COCO's results are those that the export gives to the list, or those of the file with the
 * ground truth; ids of the data set, as text, will do as well. Instances of VOC's folders have no scores and count as
 * equally sure. Results that lie half or more in a crowd of their class are left out.
 *
 * @param config Data set, classes that enter the means, IoU thresholds.
 * @param options The predictions, and what they are compared with.
 * @throws Error naming file and image, or result, where a prediction is missing, damaged or of another size.
 */
export async function scorePredictions(
  config: Config,
  { predictions: path, truth, list, signal, progress = { terminal: false, write: () => {} } }: ScoreOptions,
): Promise<PredictionScores> {
  const all = truth === undefined
    ? await groundTruthOfDataset(config, list ?? config.data.valList ?? config.data.inferList)
    : await groundTruthOfCoco(truth);
  const predictions = await openPredictions(path, all);
  const confusion = emptyConfusion(all.classes.length + 1), matches: InstanceMatches[] = [];
  const bar = new Progress("evaluate", progress);
  let images = 0;
  for (const [n, image] of all.images.entries()) {
    signal?.throwIfAborted();
    const masks = await all.read(image);
    if (!masks) continue;
    const { instances, crowds } = masks;
    if (predictions.labels) {
      images++;
      const predicted = await predictions.labels(image);
      about(
        image.name,
        () => countConfusion(confusion, { predicted, groundTruth: masks.labels(), uncertainIsBackground: true }),
      );
    }
    if (predictions.instances && instances) {
      const predicted = await predictions.instances(image, masks);
      matches.push(about(image.name, () => matchInstances(outsideCrowds(predicted, crowds), instances)));
    }
    bar.update(n + 1, all.images.length);
  }
  bar.end();
  if (images === 0 && matches.length === 0) {
    const kind = predictions.labels ? "ground truth" : "ground truth of instances";
    throw new Error(`Expected images with ${kind} in ${all.split} but found none`);
  }
  const choice = { classes: all.classes, chosen: config.evaluation.classes };
  return {
    split: all.split,
    ...(images > 0 ? { semantic: { images, ...semanticPercentages(confusion, choice) } } : {}),
    ...(matches.length > 0 ? { instance: precisions(matches, { ious: config.evaluation.ious, choice }) } : {}),
  };
}

/** Adds the image to the message of an error. */
function about<T>(image: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`${image}: ${(error as Error).message}`, { cause: error });
  }
}

type Choice = Pick<GroundTruth, "classes"> & { readonly chosen: readonly string[] | null };

function precisions(
  matches: readonly InstanceMatches[],
  { ious, choice }: { ious: readonly number[]; choice: Choice },
): PredictionScores["instance"] & object {
  const { rows, means } = instanceScores(matches, { ...choice, ious });
  const perClass = Object.fromEntries(rows.map(({ name, precision }) => [name, precision.map(percent)]));
  return { images: matches.length, ious: [...ious], means: means.map(percent), perClass };
}

/** The instances less than half of which lies in a crowd of their class. */
function outsideCrowds(predicted: PredictedMasks, crowds: InstanceMasks | null): PredictedMasks {
  if (!crowds || crowds.class.length === 0) return predicted;
  const { class: classes, mask } = predicted, size = predicted.height * predicted.width;
  const kept = Array.from(classes, (_, n) => n).filter((n) => {
    let area = 0, inside = 0;
    for (let i = 0; i < size; i++) {
      if (mask[n * size + i] === 0) continue;
      area++;
      for (let c = 0; c < crowds.class.length; c++) {
        if (crowds.class[c] !== classes[n] || crowds.mask[c * size + i] === 0) continue;
        inside++;
        break;
      }
    }
    return inside * 2 < area || area === 0;
  });
  return keepInstances(predicted, kept);
}

/** Scores as tables: the means, then one row a class. */
export function formatPredictionScores({ split, semantic, instance }: PredictionScores): string {
  const tables: string[] = [];
  if (semantic) {
    const { images, miou, perClass } = semantic;
    const rows = Object.entries(perClass).map(([name, iou]) => [name, formatPercent(iou)]);
    tables.push(
      textTable([[`label maps on ${split}, ${images} images`, "IoU"], ["mean", formatPercent(miou)], ...rows], {
        numbers: true,
      }),
    );
  }
  if (instance) {
    const { images, ious, means, perClass } = instance;
    const rows = Object.entries(perClass).map(([name, values]) => [name, ...values.map(formatPercent)]);
    const head = [`instances on ${split}, ${images} images`, ...ious.map((iou) => `AP${Math.round(iou * 100)}`)];
    tables.push(textTable([head, ["mean", ...means.map(formatPercent)], ...rows], { numbers: true }));
  }
  return tables.join("\n\n");
}
