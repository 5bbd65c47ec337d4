import type { Config } from "../../config/config.ts";
import type { CrfSettings } from "../../crf/mod.ts";
import { deepLabTask, inferDeepLab, pyramidParameters } from "../../downstream/deeplab/mod.ts";
import type { CostModel, ImageStage, StageFiles, WholeStage } from "../../run/stage.ts";
import { type LabelMap, resizeLabel } from "../../data/mod.ts";
import { encodePng } from "../../files/png.ts";
import { disposeParams } from "../../weights/mod.ts";
import { denseFactor, GIB, inferences, networkCost, steps, trainingMemory } from "../_cost.ts";
import { backboneOf, trainedNetwork } from "../_networks.ts";
import { readLabelMap } from "../_read.ts";
import { trainInStage } from "../_training.ts";
import { initialWeights, weightsFiles } from "../backbone_train.ts";
import { LABEL_SOURCES, type LabelSource, readLabels, sourceSettings, STAGE_OF } from "./sources.ts";

/** DeepLab's CRF: the parameters that followers of the paper use with it. */
const CRF: CrfSettings = {
  iterations: 10,
  confidence: 0.7,
  gaussian: { position: 1, weight: 3 },
  bilateral: { position: 67, colour: 3, weight: 4 },
};

const backboneFor = (config: Config) => backboneOf(config, config.downstream.deepLab.stride);

const headsFor = (config: Config) => pyramidParameters(backboneFor(config), config.data.classes.length + 1);

const trainingCost: CostModel = {
  settings: ({ backbone, downstream: { deepLab } }) => [backbone.network, deepLab.stride],
  likeStages: LABEL_SOURCES.map((source) => `deeplab_${source}_train`),
  estimate: ({ config, dataset }, image) => {
    const { training, stride } = config.downstream.deepLab, { forward, bytes, weights } = networkCost(config);
    const images = dataset.list(config.downstream.trainList).length;
    return {
      parts: [steps(images, training, { cost: 3 * forward * denseFactor(stride), config, image })],
      bytes: 3 * weights,
      memory: trainingMemory(training, 1.5 * bytes * denseFactor(stride)),
    };
  },
};

const inferenceCost: CostModel = {
  settings: ({ backbone, downstream: { deepLab } }) => [backbone.network, deepLab.stride, deepLab.crf],
  likeStages: LABEL_SOURCES.map((source) => `deeplab_${source}`),
  estimate: ({ config, dataset }, image) => {
    const { scales, stride } = config.downstream.deepLab,
      { forward, bytes } = networkCost(config),
      { megapixels } = image;
    const area = scales.reduce((sum, scale) => sum + scale * scale, 0);
    const cost = 2 * forward * denseFactor(stride) * area * megapixels;
    return {
      parts: [inferences(dataset.list(config.downstream.valList).length, { cost, config, image })],
      bytes: 15_000 * megapixels,
      memory: 0.3 * GIB + 2 * bytes * denseFactor(stride) * Math.max(...scales) ** 2 * megapixels,
    };
  },
};

/** Trains DeepLab on the semantic labels of a source. */
export function deepLabTrain(source: LabelSource): WholeStage {
  const name = `deeplab_${source}_train`;
  return {
    kind: "whole",
    name,
    section: "Experiments: semantic segmentation",
    reads: ["backbone_train", ...[STAGE_OF[source] ?? []].flat()],
    readsOutside: (config) => weightsFiles(config, null),
    readsMasks: source === "truth",
    settings: (config) => ({
      seed: config.seed,
      list: config.downstream.trainList,
      backbone: [config.backbone.network, config.backbone.taps],
      stride: config.downstream.deepLab.stride,
      training: config.downstream.deepLab.training,
      labels: sourceSettings(source, config),
    }),
    ids: ({ config, dataset }) => dataset.list(config.downstream.trainList),
    cost: trainingCost,
    run: async (context) => {
      const { config, dataset } = context, { training } = config.downstream.deepLab;
      await trainInStage(context, {
        stage: name,
        key: "downstream.deepLab.training",
        task: deepLabTask(backboneFor(config), { labels: config.data.classes.length + 1, training }),
        weights: await initialWeights(context),
        ids: dataset.list(config.downstream.trainList),
        label: async (id) =>
          resizeLabel(await readLabels(context, id, { source }), (await dataset.imageSize(id)).reading),
      });
    },
  };
}

/** Semantic masks that DeepLab predicts for images it has not seen. */
export function deepLab(source: LabelSource): ImageStage {
  const training = `deeplab_${source}_train`;
  return {
    kind: "image",
    name: `deeplab_${source}`,
    section: "Experiments: semantic segmentation",
    reads: [training],
    runs: "main",
    settings: ({ backbone, downstream: { deepLab: { stride, scales, crf } } }) => ({
      stride,
      backbone: [backbone.network, backbone.taps],
      scales,
      crf: crf ? CRF : null,
    }),
    ids: ({ config, dataset }) => dataset.list(config.downstream.valList),
    cost: inferenceCost,
    open: async (context) => {
      const { config, dataset, files } = context, { scales, crf } = config.downstream.deepLab;
      const network = await trainedNetwork(files, {
        stage: training,
        backbone: backboneFor(config),
        heads: headsFor(config),
      });
      return {
        process: async (id) => {
          const image = await dataset.readImage(id);
          const { full: size } = await dataset.imageSize(id);
          const labels = await inferDeepLab(network, image, { scales, crf: crf ? CRF : null, size });
          return { [`${id}.png`]: encodePng(labels, {}) };
        },
        close: () => disposeParams(network.params),
      };
    },
  };
}

/** Semantic labels that DeepLab, trained on labels of a source, predicts for a validation image. */
export function readPredictedLabels(
  files: StageFiles,
  id: string,
  { source }: { source: LabelSource },
): Promise<LabelMap> {
  return readLabelMap(files, { stage: `deeplab_${source}`, id });
}
