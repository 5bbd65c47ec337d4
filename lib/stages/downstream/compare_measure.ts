import { highResolutionCam } from "../../cam/mod.ts";
import {
  type ComparisonMeasurement,
  type Confusion,
  countConfusion,
  emptyConfusion,
  groundTruthInstances,
  type InstanceMasks,
  type InstanceMatches,
  matchInstances,
} from "../../evaluation/mod.ts";
import type { ImageStage, StageContext, StageFiles } from "../../run/stage.ts";
import { instancesFromCams, synthesizeInstances } from "../../synthesis/mod.ts";
import type { LabelMap } from "../../data/mod.ts";
import { onCores } from "../_cost.ts";
import { encodeCounts, readCounts, readTruth } from "../_read.ts";
import { readCams } from "../cam.ts";
import { readEvidence, readInstances } from "../instance.ts";
import { SEED_MAPS } from "../seed.ts";
import { readPredictedLabels } from "./deeplab.ts";
import { LABEL_SOURCES, MASK_SOURCES, PSEUDO_INSTANCES, PSEUDO_SOURCES, readLabels, SOURCE_NAMES } from "./sources.ts";

/** Counts on an image: of pseudo labels, and of predictions. */
export type ComparisonParts = Readonly<Record<"train" | "val", ComparisonMeasurement>>;

/** Judges pseudo labels on training images, and what the networks predict on validation images. */
export const compareMeasure: ImageStage = {
  kind: "image",
  name: "compare_measure",
  section: "Experiments",
  reads: [
    ...SEED_MAPS,
    "irnet",
    "instance",
    "semantic",
    "affinitynet",
    ...LABEL_SOURCES.map((source) => `deeplab_${source}`),
    ...MASK_SOURCES.map((source) => `mask_rcnn_${source}`),
  ],
  readsMasks: true,
  runs: "worker",
  settings: ({ cam, walk, synthesis, downstream }) => ({
    cam: cam.threshold,
    walk,
    synthesis,
    lists: [downstream.trainList, downstream.trainInstanceList, downstream.valList, downstream.valInstanceList],
  }),
  ids: ({ config, dataset }) => {
    const { trainList, valList } = config.downstream;
    return [...new Set([...dataset.list(trainList), ...dataset.list(valList)])];
  },
  cost: onCores({
    ids: (context) => compareMeasure.ids(context),
    seconds: ({ classes }) => 0.5 + 0.5 * classes,
    bytes: () => 3_000,
    settings: ({ walk }) => walk,
  }),
  open: (context) => {
    const { dataset, config: { downstream } } = context;
    const [trained, trainedExact, judged, judgedExact] = [
      downstream.trainList,
      downstream.trainInstanceList,
      downstream.valList,
      downstream.valInstanceList,
    ].map((list) => new Set(dataset.list(list))) as [Set<string>, Set<string>, Set<string>, Set<string>];
    return {
      process: async (id) => {
        const { truth, objects } = await readTruth(dataset, id, { exact: trainedExact.has(id) || judgedExact.has(id) });
        const instances = truth && objects ? groundTruthInstances(objects, truth) : null;
        const parts: ComparisonParts = {
          train: {
            semantic: truth && trained.has(id) ? await pseudoLabels(context, id, truth) : {},
            instance: instances && trained.has(id) && trainedExact.has(id)
              ? await pseudoInstances(context, id, instances)
              : {},
          },
          val: {
            semantic: truth && judged.has(id) ? await deepLabs(context, id, truth) : {},
            instance: instances && judged.has(id) && judgedExact.has(id) ? await maskRcnns(context, id, instances) : {},
          },
        };
        return { [`${id}.json`]: encodeCounts(parts) };
      },
    };
  },
};

async function pseudoLabels(context: StageContext, id: string, truth: LabelMap): Promise<Record<string, Confusion>> {
  const confusions: Record<string, Confusion> = {};
  for (const source of PSEUDO_SOURCES) {
    confusions[SOURCE_NAMES[source]] = confusionOf(context, await readLabels(context, id, { source }), truth);
  }
  return confusions;
}

async function deepLabs(context: StageContext, id: string, truth: LabelMap): Promise<Record<string, Confusion>> {
  const confusions: Record<string, Confusion> = {};
  for (const source of LABEL_SOURCES) {
    const predicted = await readPredictedLabels(context.files, id, { source });
    confusions[SOURCE_NAMES[source]] = confusionOf(context, predicted, truth);
  }
  return confusions;
}

function confusionOf({ dataset }: StageContext, predicted: LabelMap, truth: LabelMap): Confusion {
  const confusion = emptyConfusion(dataset.classes.length + 1);
  countConfusion(confusion, { predicted, groundTruth: truth });
  return confusion;
}

async function pseudoInstances(
  context: StageContext,
  id: string,
  truth: InstanceMasks,
): Promise<Record<string, InstanceMatches>> {
  const { cam, synthesis: { instanceThreshold, fragment, score: scoring }, walk } = context.config;
  const archive = await readCams(context.files, id);
  const { data, height, width } = highResolutionCam(archive, truth);
  const components = instancesFromCams(data, {
    ...{ height, width, keys: archive.keys },
    ...{ threshold: cam.threshold, fragment, scoring },
  });
  const { evidence } = await readEvidence(context, id);
  const boundary = synthesizeInstances(evidence, { threshold: instanceThreshold, fragment, scoring, walk });
  return {
    [PSEUDO_INSTANCES.cam]: matchInstances(components, truth),
    [PSEUDO_INSTANCES.boundary]: matchInstances(boundary, truth),
    [PSEUDO_INSTANCES.irnet]: matchInstances(await readInstances(context.files, id, { size: truth }), truth),
  };
}

async function maskRcnns(
  context: StageContext,
  id: string,
  truth: InstanceMasks,
): Promise<Record<string, InstanceMatches>> {
  const matches: Record<string, InstanceMatches> = {};
  for (const source of MASK_SOURCES) {
    const predicted = await readInstances(context.files, id, { size: truth, stage: `mask_rcnn_${source}` });
    matches[SOURCE_NAMES[source]] = matchInstances(predicted, truth);
  }
  return matches;
}

/** Counts on an image, by the names that tables give to sources. */
export function readComparisonMeasurement(files: StageFiles, id: string): Promise<ComparisonParts> {
  return readCounts(files, { stage: "compare_measure", file: `${id}.json` });
}
