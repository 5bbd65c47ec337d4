import { highResolutionCam } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import {
  bestMatches,
  countConfusion,
  countLabels,
  countSweep,
  detectedRuns,
  emptyConfusion,
  emptyLabelCounts,
  emptySweep,
  groundTruthRuns,
  type InstanceRuns,
  matchRuns,
  type Measurement,
  overlapInstances,
  type Sweep,
} from "../evaluation/mod.ts";
import type { ImageStage, StageContext, StageFiles } from "../run/stage.ts";
import { type Evidence, instancesFromCams, scoreCams, scoreStrips, synthesizeInstances } from "../synthesis/mod.ts";
import { type LabelMap, resizeLabel } from "../data/mod.ts";
import { colourBaseline, type ColourModel, fitColours } from "../data/sample/colour_baseline.ts";
import { onCores } from "./_cost.ts";
import { encodeCounts, readCounts, readTruth } from "./_read.ts";
import { readCams } from "./cam.ts";
import { readEvidence, readInstances } from "./instance.ts";
import { readSeed, readSeedLabels, SEED_LABELS, SEED_MAPS } from "./seed.ts";

/** Thresholds at which class maps are counted: those swept, and those reported. */
export function camThresholds({ cam, amn, evaluation }: Config): number[] {
  const reported = [cam.threshold, ...amn.use ? [amn.threshold] : []];
  return [...new Set([...evaluation.camThresholds, ...reported])].sort((a, b) => a - b);
}

/** Thresholds at which pseudo semantic labels are counted: those swept, and the one used. */
function semanticThresholds({ synthesis, evaluation }: Config): number[] {
  return [...new Set([...evaluation.pseudoThresholds, synthesis.semanticThreshold])].sort((a, b) => a - b);
}

/** Counts everything that evaluation needs on every image with ground truth, the parts of the ablation included. */
export const measure: ImageStage = {
  kind: "image",
  name: "measure",
  section: "Synthesizing Instance Segmentation Labels",
  reads: [...SEED_MAPS, ...SEED_LABELS, "irnet", "instance"],
  runs: "worker",
  readsMasks: true,
  settings: (config) => ({
    cam: camThresholds(config),
    semantic: semanticThresholds(config),
    walk: config.walk,
    synthesis: config.synthesis,
    colour: config.evaluation.colourBaseline,
    counts: "overlaps", // what files of earlier versions lack
    lists: [config.data.inferList, config.data.trainList, config.data.instanceList],
  }),
  ids: (
    { config: { data }, dataset },
  ) => [...new Set([...dataset.list(data.inferList), ...dataset.list(data.trainList)])],
  cost: onCores({
    ids: (context) => measure.ids(context),
    // The labels of images that got some are judged, and where ground truth of instances is exact also the walk by itself.
    seconds: ({ classes }, context) => {
      const { inferList, instanceList } = context.config.data;
      const inferred = context.dataset.list(inferList).length, exact = context.dataset.list(instanceList).length;
      return (inferred + Math.min(exact, inferred) * classes) / measure.ids(context).length;
    },
    bytes: () => 12_000,
    settings: ({ walk, evaluation }) => [walk, evaluation],
  }),
  open: async (context) => {
    const { config, dataset } = context;
    const inferred = new Set(dataset.list(config.data.inferList));
    const trained = new Set(dataset.list(config.data.trainList));
    const exact = new Set(dataset.list(config.data.instanceList));
    const colours = config.evaluation.colourBaseline ? await fitTrainingColours(context) : null;
    return {
      process: async (id) => {
        const isExact = inferred.has(id) && exact.has(id);
        const { truth, objects, unusable, doubt } = await readTruth(dataset, id, { exact: isExact });
        const measurement: Measurement = {
          ...(truth && trained.has(id) ? { relation: await measureRelation(context, id, truth) } : {}),
          ...(truth && inferred.has(id) ? await measureLabels(context, id, { truth, objects, colours }) : {}),
          ...(unusable === null ? {} : { unusable }),
          ...(doubt === null ? {} : { doubt: `${doubt}: ${id}` }),
        };
        return { [`${id}.json`]: encodeCounts(measurement) };
      },
    };
  },
};

/**
 * Confident labels against ground truth, in the size of the labels; pixels that are uncertain enter the count alone, not the
 * confusion.
 */
async function measureRelation(context: StageContext, id: string, full: LabelMap) {
  const predicted = await readSeedLabels(context, id), truth = resizeLabel(full, predicted);
  const counts = emptyLabelCounts(), confusion = emptyConfusion(context.dataset.classes.length + 1);
  countLabels(counts, { predicted, groundTruth: truth });
  const certain = { ...truth, data: truth.data.map((label, i) => predicted.data[i] === 255 ? 255 : label) };
  countConfusion(confusion, { predicted, groundTruth: certain, uncertainIsBackground: true });
  return { counts, confusion };
}

/** Pseudo labels are judged in full size; CAMs, which only what follows brings there, in the size that stages see. */
async function measureLabels(
  context: StageContext,
  id: string,
  { truth, objects, colours }: { truth: LabelMap; objects: LabelMap | null; colours: ColourModel | null },
): Promise<Measurement> {
  const { config, dataset } = context;
  const { fragment, instanceThreshold: threshold, score: scoring } = config.synthesis;
  const labels = dataset.classes.length + 1;
  const { evidence } = await readEvidence(context, id);
  const { keys } = evidence, seen = { height: evidence.height, width: evidence.width };
  const maps = highResolutionCam(await readSeed(context, id), seen).data, smallTruth = resizeLabel(truth, seen);
  const sweepOf = (data: Float32Array) => {
    const sweep = emptySweep(camThresholds(config), labels);
    countSweep(sweep, { scored: scoreCams(data, { keys, ...seen }), groundTruth: smallTruth });
    return sweep;
  };
  const seed = sweepOf(maps), semantic = emptySweep(semanticThresholds(config), labels);
  const cam = config.amn.use
    ? { cam: sweepOf(highResolutionCam(await readCams(context.files, id), seen).data), amn: seed }
    : { cam: seed };
  countPseudoLabels(semantic, { evidence, truth, walk: config.walk });

  if (!objects) return { ...cam, semantic };
  const instances = groundTruthRuns(objects, truth), smaller = groundTruthRuns(objects, truth, seen);
  const predicted = await readInstances(context.files, id, { size: truth });
  const overlaps = overlapInstances(detectedRuns(predicted), instances);
  const boundary = synthesizeInstances(evidence, { threshold, fragment, scoring, walk: config.walk });
  return {
    ...cam,
    semantic,
    instance: bestMatches(overlaps),
    overlaps,
    camInstances: camThresholds(config).map((level) => {
      const found = instancesFromCams(maps, { ...seen, keys, threshold: level, fragment, scoring });
      return matchRuns(detectedRuns(found), smaller);
    }),
    boundaryInstances: matchRuns(detectedRuns(boundary), instances),
    ...(colours ? { colour: await measureColours(context, id, { truth, instances, colours }) } : {}),
  };
}

/** Counts pseudo semantic labels at all thresholds of a sweep, some rows of the image at a time. */
export function countPseudoLabels(
  sweep: Sweep,
  { evidence, truth, walk }: { evidence: Evidence; truth: LabelMap; walk: Config["walk"] },
): void {
  const { width } = truth;
  for (const { top, ...scored } of scoreStrips(evidence, walk)) {
    const data = truth.data.subarray(top * width, (top + scored.height) * width);
    countSweep(sweep, { scored, groundTruth: { width: scored.width, height: scored.height, data } });
  }
}

/** Colours of the training images that have ground truth; `null` where these lack a class, as they may under a limit. */
async function fitTrainingColours({ config, dataset }: StageContext): Promise<ColourModel | null> {
  const samples = [], found = new Set<number>();
  for (const id of dataset.list(config.data.trainList)) {
    const { truth: classMask } = await readTruth(dataset, id, { exact: false });
    if (!classMask) continue;
    samples.push({ image: await dataset.readFullImage(id), classMask });
    for (const label of classMask.data) found.add(label);
  }
  const isComplete = found.has(0) && dataset.classes.every((_, index) => found.has(index + 1));
  return isComplete ? fitColours(samples, { classes: dataset.classes.length }) : null;
}

async function measureColours(
  { dataset }: StageContext,
  id: string,
  { truth, instances, colours }: {
    truth: LabelMap;
    instances: readonly InstanceRuns[];
    colours: ColourModel;
  },
) {
  const { height, width } = truth, size = height * width;
  const found = colourBaseline(await dataset.readFullImage(id), { model: colours, labels: dataset.labels(id) });
  const predicted = { height, width, data: new Uint8Array(size) }, mask = new Uint8Array(found.length * size);
  for (const [n, detection] of found.entries()) {
    mask.set(detection.mask, n * size);
    for (let i = 0; i < size; i++) if (detection.mask[i]) predicted.data[i] = detection.class + 1;
  }
  const confusion = emptyConfusion(dataset.classes.length + 1);
  countConfusion(confusion, { predicted, groundTruth: truth });
  const masks = {
    height,
    width,
    score: found.map(({ score }) => score),
    class: found.map((detection) => detection.class),
    mask,
  };
  return { confusion, instances: matchRuns(detectedRuns(masks), instances) };
}

/** Counts on an image. */
export function readMeasurement(files: StageFiles, id: string): Promise<Measurement> {
  return readCounts(files, { stage: "measure", file: `${id}.json` });
}
