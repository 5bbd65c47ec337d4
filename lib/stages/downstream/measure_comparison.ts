import { highResolutionCam } from "../../cam/mod.ts";
import {
  type ComparisonMeasurement,
  type Confusion,
  countConfusion,
  emptyConfusion,
  type InstanceMasks,
  type InstanceMatches,
  matchInstances,
  trueInstances,
} from "../../evaluation/mod.ts";
import type { ImageStage, StageContext } from "../../run/stage.ts";
import { instancesFromCams, synthesizeInstances } from "../../synthesis/mod.ts";
import type { LabelMap } from "../../data/mod.ts";
import { decodePng } from "../../files/png.ts";
import { readCams } from "../_cams.ts";
import { readEvidence } from "../_evidence.ts";
import { readInstances } from "../_instances.ts";
import { LABEL_SOURCES, readLabels } from "./_label_sources.ts";
import { MASK_SOURCES } from "./mask_rcnn.ts";
import { PSEUDO_INSTANCES, PSEUDO_SOURCES, SOURCE_NAMES } from "./_makers.ts";

/** Judges pseudo labels on training images, and what the networks predict on validation images. */
export const measureComparison: ImageStage = {
  kind: "image",
  name: "compare_measure",
  section: "Experiments",
  reads: [
    "cam",
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
  ids: ({ config: { downstream }, dataset }: StageContext) => [
    ...new Set([...dataset.list(downstream.trainList), ...dataset.list(downstream.valList)]),
  ],
  open: (context: StageContext) => {
    const { dataset, config: { downstream } } = context;
    const [trained, trainedExact, judged, judgedExact] = [
      downstream.trainList,
      downstream.trainInstanceList,
      downstream.valList,
      downstream.valInstanceList,
    ].map((list) => new Set(dataset.list(list))) as [Set<string>, Set<string>, Set<string>, Set<string>];
    return Promise.resolve({
      process: async (id) => {
        const truth = await dataset.readClassMask(id);
        const objects = trainedExact.has(id) || judgedExact.has(id) ? await dataset.readInstanceMask(id) : null;
        const instances = truth && objects ? trueInstances(objects, truth) : null;
        const parts: Record<"train" | "val", ComparisonMeasurement> = {
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
        return { [`${id}.json`]: new TextEncoder().encode(JSON.stringify(parts)) };
      },
      close: () => {},
    });
  },
};

async function pseudoLabels(context: StageContext, id: string, truth: LabelMap): Promise<Record<string, Confusion>> {
  const confusions: Record<string, Confusion> = {};
  for (const source of PSEUDO_SOURCES) {
    confusions[SOURCE_NAMES[source]] = confusionOf(context, await readLabels(context, id, source), truth);
  }
  return confusions;
}

async function deepLabs(context: StageContext, id: string, truth: LabelMap): Promise<Record<string, Confusion>> {
  const { files } = context, confusions: Record<string, Confusion> = {};
  for (const source of LABEL_SOURCES) {
    const stage = `deeplab_${source}`, file = `${id}.png`;
    const predicted = decodePng(await files.require(stage, file), files.path(stage, file));
    confusions[SOURCE_NAMES[source]] = confusionOf(context, predicted, truth);
  }
  return confusions;
}

function confusionOf({ dataset }: StageContext, predicted: LabelMap, truth: LabelMap): Confusion {
  const confusion = emptyConfusion(dataset.classes.length + 1);
  countConfusion(confusion, { predicted, truth });
  return confusion;
}

async function pseudoInstances(
  context: StageContext,
  id: string,
  truth: InstanceMasks,
): Promise<Record<string, InstanceMatches>> {
  const { cam, synthesis: { instanceThreshold, fragment }, walk } = context.config;
  const archive = await readCams(context, id);
  const { data, height, width } = highResolutionCam(archive);
  const components = instancesFromCams(data, { height, width, keys: archive.keys, threshold: cam.threshold, fragment });
  const { evidence } = await readEvidence(context, id);
  const boundary = synthesizeInstances(evidence, { threshold: instanceThreshold, fragment, walk });
  return {
    [PSEUDO_INSTANCES.cam]: matchInstances(components, truth),
    [PSEUDO_INSTANCES.boundary]: matchInstances(boundary, truth),
    [PSEUDO_INSTANCES.irnet]: matchInstances(await readInstances(context, id, truth), truth),
  };
}

async function maskRcnns(
  context: StageContext,
  id: string,
  truth: InstanceMasks,
): Promise<Record<string, InstanceMatches>> {
  const matches: Record<string, InstanceMatches> = {};
  for (const source of MASK_SOURCES) {
    const predicted = await readInstances(context, id, truth, `mask_rcnn_${source}`);
    matches[SOURCE_NAMES[source]] = matchInstances(predicted, truth);
  }
  return matches;
}
