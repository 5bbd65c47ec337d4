import { basename, dirname, join, resolve } from "node:path";
import { sha256 } from "../files/hash.ts";
import { type Config, presets } from "./config.ts";
import type { FolderReport, ImageFacts } from "../data/inspect_folder.ts";
import { VOC_CLASSES } from "../data/class_names.ts";
import type { Part } from "./merge.ts";

/** Options of {@linkcode initConfig}. */
export interface InitOptions {
  /** The preset to start from; `sample` trains its backbone from random initialisation. */
  readonly preset: Config["preset"];
  /** File of ImageNet weights; `null` for `sample`. */
  readonly weights: string | null;
  /** The network that they are of, where it is another than the preset's; else `null`. */
  readonly network: Config["backbone"]["network"] | null;
  /** Names of the classes in the order of the masks' ids. */
  readonly classes: readonly string[];
  /** Folder of images without any class; `null`: none. */
  readonly negatives: string | null;
  /** Columns of the class names; `null`: found by their headings. */
  readonly labelColumn: string | null;
  /** Ids to train on, and to make masks for. */
  readonly usable: readonly string[];
  /** Name or path of their list. */
  readonly list: string;
  /** List of validation images; `null`: none. */
  readonly valList: string | null;
}

/** Least numbers of steps, below which epochs are added: a small data set needs as many as a large one. */
const LEAST_STEPS = { pretraining: 300, cam: 50, amn: 200, irnet: 480 } as const;
const LEAST_STEPS_PRETRAINED = { cam: 200, amn: 200, irnet: 200 } as const;

/**
 * Largest norm of the classifier's gradients. The loss is a mean over classes, so that one class of two weighs ten times
 * as much as one of VOC's twenty, for which the learning rate was chosen: without a bound it diverges.
 */
const LARGEST_NORM = 3;

/**
 * Power of CAMs and score of own data's instances. Maps of classifiers that saw tens of images spread beyond the objects;
 * the power brings the best label threshold to the preset's (tests/README.md, Few classes).
 */
const SYNTHESIS = { camPower: 2, score: "mean_area" } as const;

/** Side of the smallest crop that the sample network trains with, pixels. */
const SMALLEST_CROP = 96;

/** Longer sides of the largest images that presets were made for, pixels. */
export const MADE_FOR = { paper: 500, lite: 500, sample: 160, coco: 640 } satisfies Record<Config["preset"], number>;

/**
 * A configuration for a folder of images: a preset, with what the images ask for.
 *
 * Small data sets get more epochs. Images that are larger than those that the preset was made for are read at their size.
 * Crops of the preset `sample` follow the median of the longer sides, so that the network sees whole images.
 *
 * @param report What is in the folder.
 * @param options What to start from.
 * @returns Settings that differ from the preset's, as a file of `--config` holds them.
 */
export function initConfig(report: FolderReport, options: InitOptions): Part<Config> {
  const { preset, weights, network, list, valList, usable, labelColumn, negatives } = options;
  const base = presets[preset],
    known = new Set(usable),
    sides = longerSides(report.images.filter(({ id }) => known.has(id))),
    most = MADE_FOR[preset];
  const data: Part<Config["data"]> = {
    root: report.root,
    labels: report.labelSource,
    ...labelColumn === null ? {} : { labelColumn },
    ...negatives === null ? {} : { negatives },
    classes: [...options.classes],
    ...(sides.at(-1)! > most || longerSides(report.negatives).at(-1)! > most ? { longSide: most } : {}),
    trainList: list,
    classifierList: null,
    valList,
    inferList: list,
    instanceList: list,
    meanDisplacementList: null,
  };
  const classified = usable.length + report.negatives.length;
  const epochs = ({ batch, epochs }: { batch: number; epochs: number }, leastSteps: number, images = classified) =>
    Math.max(epochs, Math.ceil(leastSteps / Math.max(1, Math.floor(images / batch))));
  const start = { preset, workdir: workdirFor(report.root), data };
  const { cam: { training: cam }, amn: { training: amn }, irnet: { training: irnet }, backbone: { pretraining } } =
    base;
  if (!pretraining) {
    const least = LEAST_STEPS_PRETRAINED;
    return {
      ...start,
      backbone: { ...network === null ? {} : { network }, weights },
      cam: { training: { epochs: epochs(cam, least.cam), optimiser: { clip: LARGEST_NORM } } },
      amn: { training: { epochs: epochs(amn, least.amn, usable.length) } },
      irnet: { training: { epochs: epochs(irnet, least.irnet, usable.length) } },
      synthesis: SYNTHESIS,
    };
  }
  const median = 16 * Math.round(sides[sides.length >> 1]! / 16),
    crop = Math.min(Math.max(median, SMALLEST_CROP), most);
  return {
    ...start,
    backbone: {
      pretraining: { crop, epochs: epochs(pretraining, LEAST_STEPS.pretraining) },
    },
    cam: {
      training: {
        crop,
        epochs: epochs(cam, LEAST_STEPS.cam),
        resizeLong: [Math.round(0.75 * crop), Math.round(1.25 * crop)],
      },
    },
    amn: { training: { crop, epochs: epochs(amn, LEAST_STEPS.amn, usable.length) } },
    irnet: { training: { crop, epochs: epochs(irnet, LEAST_STEPS.irnet, usable.length) }, crop },
    evaluation: { colourBaseline: false },
  };
}

/**
 * Working directory for a folder of images. Two folders of the same name get two: the path of one that does not lie in
 * that of the process enters as a few digits.
 */
export function workdirFor(root: string): string {
  const path = resolve(root), name = basename(path);
  return join(
    "out",
    dirname(path) === resolve(".") ? name : `${name}-${sha256(new TextEncoder().encode(path)).slice(0, 4)}`,
  );
}

/**
 * All names in alphabetical order; those of the labels where these depend on an order, VOC's twenty where there are masks
 * whose ids are most likely VOC's.
 */
export function classesOf({ names, labels, masks }: FolderReport): string[] {
  if (labels.classes) return [...labels.classes];
  const found = new Set([...names.values()].flat());
  const isVoc = masks.size > 0 && [...found].every((name) => VOC_CLASSES.includes(name));
  return isVoc ? [...VOC_CLASSES] : [...found].sort();
}

function longerSides(images: readonly ImageFacts[]): number[] {
  return images.map(({ width, height }) => Math.max(width, height)).sort((a, b) => a - b);
}
