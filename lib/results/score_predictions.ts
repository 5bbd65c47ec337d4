import type { Config } from "../config/config.ts";
import {
  chosenClasses,
  type CocoDetection,
  type CocoMatches,
  cocoMatches,
  cocoScores,
  type CocoSummary,
  type CocoTruth,
  countConfusion,
  emptyConfusion,
  type InstanceMatches,
  instanceScores,
  matchRuns,
  percent,
  semanticPercentages,
} from "../evaluation/mod.ts";
import { measureRuns, overlapOfRuns, uniteRuns } from "../formats/mod.ts";
import { type GroundTruth, groundTruthOfCoco, groundTruthOfDataset, LeftOut } from "./ground_truth.ts";
import { openPredictions } from "./predictions.ts";
import { formatPercent } from "./tables.ts";
import { Progress, type ProgressOptions, textTable } from "../files/terminal.ts";

/** Whose rules count instances. */
export const RULES = ["voc", "coco"] as const;

/** Options of {@linkcode scorePredictions}. */
export interface ScoreOptions {
  /** A file of COCO's results or data sets, or a folder of label maps, or one with `SegmentationClass` in it. */
  readonly predictions: string;
  /** Ground truth in COCO's format; absent: those of the data set. */
  readonly truth?: string;
  /** The images, where the ground truth is the data set's; absent: `data.valList`, else `data.inferList`. */
  readonly list?: string;
  /** Names of the classes that enter the means; absent: those of the configuration. */
  readonly classes?: readonly string[];
  /** Whose rules count instances: those of PASCAL VOC (default), or MS COCO's as pycocotools has them. */
  readonly rules?: typeof RULES[number];
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
  /** Instances by COCO's rules, 0…1 as pycocotools gives them; −1 where there is no ground truth. */
  readonly coco?: {
    /** Images with ground truth of instances. */
    readonly images: number;
    /** The twelve numbers. */
    readonly summary: CocoSummary;
    /** Those of every class. */
    readonly perClass: Readonly<Record<string, { readonly AP: number; readonly AP50: number; readonly AP75: number }>>;
  };
  /** What was left out and how often; absent where nothing was. */
  readonly leftOut?: readonly string[];
}

/**
 * Judges the predictions of another program as PASCAL VOC counts, mIoU of label maps and average precision of instances,
 * or instances as MS COCO counts.
 *
 * The ids of images in COCO's results are those that the export gives to the list, or those of the file with the ground
 * truth; ids of the data set and names of files, as text, will do as well. Images of data sets are known by their id
 * where the names of the files agree, else by these. Instances of VOC's folders have no scores and count as equally
 * sure. By VOC's rules, results that lie half or more in a crowd of their class are left out.
 *
 * @param config Data set, classes that enter the means, IoU thresholds.
 * @param options The predictions, and what they are compared with.
 * @throws Error naming file and image, or result, where a prediction is missing, damaged, of another size, or of an
 * image that cannot be told.
 */
export async function scorePredictions(
  config: Config,
  { predictions: path, truth, list, classes, rules = "voc", signal, progress = { terminal: false, write: () => {} } }:
    ScoreOptions,
): Promise<PredictionScores> {
  const left = new LeftOut();
  const all = truth === undefined
    ? await groundTruthOfDataset(config, list ?? config.data.valList ?? config.data.inferList, left)
    : groundTruthOfCoco(truth, left);
  const predictions = await openPredictions(path, all, left);
  const byCoco = rules === "coco";
  if (byCoco && !predictions.instances) {
    throw new Error(`Expected instances in ${path} for COCO's rules but found label maps`);
  }
  const choice = { classes: all.classes, chosen: classes ?? config.evaluation.classes };
  const chosen = chosenClasses(choice.classes, choice.chosen);
  const confusion = predictions.labels && !byCoco ? emptyConfusion(all.classes.length + 1) : null;
  const matches: InstanceMatches[] = [], cocos: CocoMatches[] = [];
  const bar = new Progress("evaluate", progress);
  let images = 0;
  for (const [n, image] of (byCoco ? byId(all.images) : all.images).entries()) {
    signal?.throwIfAborted();
    const masks = await all.read(image);
    if (!masks) continue;
    if (predictions.labels && confusion) {
      images++;
      const predicted = await predictions.labels(image);
      about(
        image.name,
        () => countConfusion(confusion, { predicted, groundTruth: masks.labels(), uncertainIsBackground: true }),
      );
    }
    const { instances } = masks;
    if (predictions.instances && instances) {
      const found = await predictions.instances(image, masks);
      about(image.name, () => {
        if (byCoco) cocos.push(cocoMatches(instances, found));
        else matches.push(matchRuns(outsideCrowds(found, instances), instances.filter(({ crowd }) => !crowd)));
      });
      for (const { idIsZero } of instances) {
        if (byCoco && idIsZero) left.add("annotations of id 0, which COCO's tools never count as found", image.name);
      }
    }
    bar.update(n + 1, all.images.length);
  }
  bar.end();
  if (images + matches.length + cocos.length === 0) {
    const kind = predictions.labels ? "ground truth" : "ground truth of instances";
    throw new Error(`Expected images with ${kind} in ${all.split} but found none`);
  }
  const lines = left.lines();
  return {
    split: all.split,
    ...(confusion && images > 0 ? { semantic: { images, ...semanticPercentages(confusion, choice) } } : {}),
    ...(matches.length > 0 ? { instance: precisions(matches, { ious: config.evaluation.ious, choice }) } : {}),
    ...(cocos.length > 0 ? { coco: cocoPrecisions(cocos, { classes: all.classes, chosen }) } : {}),
    ...(lines.length > 0 ? { leftOut: lines } : {}),
  };
}

/** Images by ascending id, numbers before text, as COCO's tools go through them. */
function byId(images: GroundTruth["images"]): GroundTruth["images"] {
  return images.toSorted(({ id: a }, { id: b }) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : typeof a === typeof b
      ? (a < b ? -1 : 1)
      : typeof a === "number"
      ? -1
      : 1
  );
}

function cocoPrecisions(
  matches: readonly CocoMatches[],
  { classes, chosen }: { classes: readonly string[]; chosen: readonly number[] },
): PredictionScores["coco"] & object {
  const { summary, perClass } = cocoScores(matches, chosen);
  return {
    images: matches.length,
    summary,
    perClass: Object.fromEntries(chosen.map((c, n) => [classes[c]!, perClass[n]!])),
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

/** The instances less than half of which lies in crowds of their class. */
function outsideCrowds(found: readonly CocoDetection[], truths: readonly CocoTruth[]): readonly CocoDetection[] {
  const crowds = Map.groupBy(truths.filter(({ crowd }) => crowd), (one) => one.class);
  const joined = new Map([...crowds].map(([c, all]) => [c, uniteRuns(all.map(({ runs }) => runs))]));
  return found.filter(({ class: c, runs }) => {
    const crowd = joined.get(c), area = crowd ? measureRuns(runs).area : 0;
    return !crowd || overlapOfRuns(runs, crowd) * 2 < area || area === 0;
  });
}

/** Scores as tables: the means, then one row a class. */
export function formatPredictionScores({ split, semantic, instance, coco, leftOut = [] }: PredictionScores): string {
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
  if (coco) {
    const shown = (value: number) => value.toFixed(3);
    const { AP, AP50, AP75, ...others } = coco.summary;
    const rows = Object.entries(coco.perClass).map(([name, one]) => [name, ...[one.AP, one.AP50, one.AP75].map(shown)]);
    const head = [`instances on ${split} by COCO's rules, ${coco.images} images`, "AP", "AP50", "AP75"];
    tables.push(
      textTable([head, ["mean", ...[AP, AP50, AP75].map(shown)], ...rows], { numbers: true }),
      textTable([Object.keys(others), Object.values(others).map(shown)]),
    );
  }
  if (leftOut.length > 0) tables.push(["Left out, or taken as COCO's tools do:", ...leftOut].join("\n"));
  return tables.join("\n\n");
}
