import { classificationScores } from "./average_precision.ts";
import type { InstanceMatches, InstanceOverlaps } from "./instances.ts";
import { addLabelCounts, emptyLabelCounts, type LabelCounts, labelScores } from "./label_counts.ts";
import {
  type AveragePrecisions,
  type InstanceMetrics,
  instancePercentages,
  namedPercentages,
  percent,
  type PerClass,
  semanticPercentages,
} from "./percentages.ts";
import { addConfusion, type Confusion, emptyConfusion, segmentationScores } from "./segmentation.ts";
import { addSweep, emptySweep, type Sweep, type SweepMetrics, sweepMetrics } from "./sweep.ts";
import type { ThresholdOrigin } from "./threshold_origin.ts";

/** Counts of one image; it survives JSON. Parts without ground truth are absent. */
export interface Measurement {
  /** CAMs, at many thresholds. */
  readonly cam?: Sweep;
  /** AMN's maps, where they are used, at the same thresholds. */
  readonly amn?: Sweep;
  /** Pseudo semantic labels, at many thresholds. */
  readonly semantic?: Sweep;
  /** Confident labels: right and wrong pixels, and which classes they are confused with. */
  readonly relation?: { readonly counts: LabelCounts; readonly confusion: Confusion };
  /** Instances of the full method. */
  readonly instance?: InstanceMatches;
  /** All that these lie on. */
  readonly overlaps?: InstanceOverlaps;
  /** Instances of components of the seed, CAMs or AMN's maps, one for each of their thresholds. */
  readonly camInstances?: readonly InstanceMatches[];
  /** Instances of CAMs and class boundaries, without displacement. */
  readonly boundaryInstances?: InstanceMatches;
  /** The control that knows nothing but colours, where the data set asks for it. */
  readonly colour?: { readonly confusion: Confusion; readonly instances: InstanceMatches };
  /** Reason why a mask of the image cannot be used. */
  readonly unusable?: string;
  /** What a mask of the image may not have meant. */
  readonly doubt?: string;
}

/** Masks at one threshold, and at all that were swept. */
export type SemanticMetrics =
  & { split: string; images: number; threshold: number; miou: number | null; perClass: PerClass }
  & SweepMetrics;

/** Thresholds that results depend on. */
export type ThresholdName = "cam" | "amn" | "foreground" | "background" | "semantic" | "instance";

/** Results of a run in percent: the content of `metrics.json`. */
export interface Metrics {
  /**
   * Thresholds in use, and where they come from; absent in results of earlier versions. The threshold of CAM components in
   * the ablation, as all that are called best, is chosen on the ground truth of their own list.
   */
  thresholds?: Record<Exclude<ThresholdName, "amn">, ThresholdOrigin> & { amn?: ThresholdOrigin };
  /** Image-level classification: mean average precision. */
  classification: { split: string; images: number; map: number | null; perClass: PerClass };
  /** CAMs as semantic masks. */
  cam: SemanticMetrics;
  /** AMN's maps as semantic masks, where they take the place of CAMs. */
  amn?: SemanticMetrics;
  /** Confident labels. */
  relation: {
    split: string;
    images: number;
    fgPrecision: number | null;
    bgPrecision: number | null;
    uncertain: number | null;
    perClass: PerClass;
  };
  /** Pseudo semantic labels. */
  semantic: SemanticMetrics;
  /** Pseudo instance labels. */
  instance: { split: string; images: number } & InstanceMetrics;
  /** The method built up from its parts. */
  ablation: {
    split: string;
    /** Score of the instances in all rows, as `synthesis.score`; absent in results of earlier versions. */
    score?: string;
    cam: InstanceMetrics & { threshold: number; byThreshold: ({ threshold: number } & AveragePrecisions)[] };
    boundary: InstanceMetrics;
    full: InstanceMetrics;
  };
  /** The control that knows nothing but colours. */
  colourBaseline?: { split: string; miou: number | null; ap50: number | null; perClass: Record<string, PerClass> };
  /** Reasons why masks of images cannot be used, where there are some. */
  unusable?: string[];
  /** What masks that are used may not have meant, where there are some. */
  doubtfulMasks?: string[];
}

/** Name of the class maps that pseudo labels are made of. */
export function seedName({ amn }: Pick<Metrics, "amn">): "AMN" | "CAM" {
  return amn ? "AMN" : "CAM";
}

/** Options of {@linkcode summarise}. */
export interface SummaryOptions {
  /** Class names. */
  readonly classes: readonly string[];
  /** Names of those that enter the means; `null`: all. */
  readonly chosen: readonly string[] | null;
  /** IoU thresholds of AP. */
  readonly ious: readonly number[];
  /** Names of the lists. */
  readonly splits: {
    readonly classification: string;
    readonly relation: string;
    readonly infer: string;
    readonly instance: string;
  };
  /** Thresholds in use; the sweeps must hold those of masks. `amn` only where its maps are used. */
  readonly thresholds: NonNullable<Metrics["thresholds"]>;
  /** Score of instances. */
  readonly score: string;
  /** Class logits and classes of the validation images. */
  readonly validation: { readonly logits: readonly number[][]; readonly labels: readonly (readonly number[])[] };
}

/**
 * Adds up the measurements of all images, one after another: pixels are kept as sums, not by image.
 *
 * @param measurements In the order of the lists, which decides between equal scores.
 * @returns All results in percent, rounded to four decimals.
 * @throws Error if a reported threshold was not measured.
 */
export async function summarise(
  measurements: Iterable<Measurement> | AsyncIterable<Measurement>,
  options: SummaryOptions,
): Promise<Metrics> {
  const { classes, chosen, splits, thresholds, validation } = options;
  const choice = { classes, chosen }, labels = classes.length + 1;
  const classification = classificationScores(validation.logits, { ...choice, labels: validation.labels });

  const sweeps: Record<"cam" | "amn" | "semantic", { total: Sweep | null; images: number }> = {
    cam: { total: null, images: 0 },
    amn: { total: null, images: 0 },
    semantic: { total: null, images: 0 },
  };
  const relation = { counts: emptyLabelCounts(), confusion: emptyConfusion(labels), images: 0 };
  const parts: Omit<Measurement, "cam" | "amn" | "semantic" | "relation">[] = [];
  for await (const { cam, amn, semantic, relation: confident, ...instances } of measurements) {
    for (const [part, sweep] of Object.entries({ cam, amn, semantic })) {
      if (!sweep) continue;
      const sum = sweeps[part as "cam" | "amn" | "semantic"];
      addSweep(sum.total ??= emptySweep(sweep.thresholds, labels), sweep);
      sum.images++;
    }
    if (confident) {
      addLabelCounts(relation.counts, confident.counts);
      addConfusion(relation.confusion, confident.confusion);
      relation.images++;
    }
    parts.push(instances);
  }

  const semanticOf = (part: "cam" | "amn" | "semantic", split: string, threshold: number): SemanticMetrics => {
    const { total: counted, images } = sweeps[part], total = counted ?? emptySweep([threshold], labels);
    const at = total.thresholds.findIndex((t) => Math.abs(t - threshold) < 1e-9);
    if (at < 0) throw new Error(`Expected ${part} to be measured at ${threshold} but found ${total.thresholds}`);
    return {
      split,
      images,
      threshold,
      ...semanticPercentages(total.confusions[at]!, choice),
      ...sweepMetrics(total, choice),
    };
  };

  const instancesOf = (matches: readonly InstanceMatches[]): InstanceMetrics =>
    instancePercentages(matches, { ...choice, ious: options.ious });

  const cam = semanticOf("cam", splits.infer, thresholds.cam.value);
  const amn = thresholds.amn ? semanticOf("amn", splits.infer, thresholds.amn.value) : null;
  const full = instancesOf(parts.flatMap((m) => m.instance ?? []));
  const byThreshold = cam.curve.map(({ threshold }, i) => ({
    threshold,
    instances: instancesOf(parts.flatMap((m) => m.camInstances?.[i] ?? [])),
  }));
  const bestCam = byThreshold.find(({ threshold }) => threshold === (amn ?? cam).best.threshold)!;
  const colour = parts.flatMap((m) => m.colour ?? []), unusable = parts.flatMap((m) => m.unusable ?? []);
  const doubts = parts.flatMap((m) => m.doubt ?? []);

  return {
    thresholds,
    classification: {
      split: splits.classification,
      images: validation.logits.length,
      map: percent(classification.mean),
      perClass: namedPercentages(classification.rows, (row) => row.precision),
    },
    cam,
    ...(amn ? { amn } : {}),
    relation: relationMetrics(relation, splits.relation, choice),
    semantic: semanticOf("semantic", splits.infer, thresholds.semantic.value),
    instance: { split: splits.instance, images: parts.filter((m) => m.instance).length, ...full },
    ablation: {
      split: splits.instance,
      score: options.score,
      cam: {
        ...bestCam.instances,
        threshold: bestCam.threshold,
        byThreshold: byThreshold.map(({ threshold, instances: { perClass: _, ...means } }) => ({
          threshold,
          ...means,
        })),
      },
      boundary: instancesOf(parts.flatMap((m) => m.boundaryInstances ?? [])),
      full,
    },
    ...(colour.length > 0 ? { colourBaseline: colourMetrics(colour, splits.infer, { ...choice, instancesOf }) } : {}),
    ...(unusable.length > 0 ? { unusable } : {}),
    ...(doubts.length > 0 ? { doubtfulMasks: doubts } : {}),
  };
}

function relationMetrics(
  { counts, confusion, images }: NonNullable<Measurement["relation"]> & { readonly images: number },
  split: string,
  choice: { classes: readonly string[]; chosen: readonly string[] | null },
): Metrics["relation"] {
  const { foreground, background, uncertain } = labelScores(counts);
  const { rows } = segmentationScores(confusion, choice);
  return {
    split,
    images,
    fgPrecision: percent(foreground),
    bgPrecision: percent(background),
    uncertain: percent(uncertain),
    perClass: namedPercentages(rows, (row) => row.precision),
  };
}

function colourMetrics(
  parts: readonly NonNullable<Measurement["colour"]>[],
  split: string,
  { instancesOf, ...choice }: {
    classes: readonly string[];
    chosen: readonly string[] | null;
    instancesOf: (matches: readonly InstanceMatches[]) => InstanceMetrics;
  },
): NonNullable<Metrics["colourBaseline"]> {
  const confusion = emptyConfusion(choice.classes.length + 1);
  for (const part of parts) addConfusion(confusion, part.confusion);
  const { miou, perClass } = semanticPercentages(confusion, choice);
  const instances = instancesOf(parts.map((part) => part.instances));
  return {
    split,
    miou,
    ap50: instances.ap50 ?? null,
    perClass: { miou: perClass, ap50: instances.perClass["ap50"] ?? {} },
  };
}

/**
 * Names what a run could not be judged on, as data sets without ground truth or validation images cannot, or perhaps was
 * not as its masks were meant.
 *
 * @param metrics Results of a run.
 * @returns A sentence for each part, in the order of the results; none where everything was measured.
 */
export function notJudged(metrics: Metrics): string[] {
  const { classification, cam, relation, instance, unusable = [], doubtfulMasks: doubts = [] } = metrics;
  const sentences: [images: number, sentence: string][] = [
    [unusable.length > 0 ? 0 : 1, `Masks that cannot be used: ${unusable.length}, such as: ${unusable[0]}`],
    [doubts.length > 0 ? 0 : 1, `Masks that may mean something else: ${doubts.length}, such as ${doubts[0]}`],
    [classification.images, "Classification is not judged: data.valList names no list"],
    [relation.images, `Confident labels are not judged: no image of ${relation.split} has ground truth`],
    [cam.images, `CAMs and pseudo labels are not judged: no image of ${cam.split} has ground truth`],
    [instance.images, `Pseudo instances are not judged: no image of ${instance.split} has ground-truth instances`],
  ];
  return sentences.filter(([images]) => images === 0).map(([, sentence]) => sentence);
}
