import type { Config } from "../../config/config.ts";
import type { CrfSettings } from "../../crf/mod.ts";
import { inferDeepLab, pyramidGain, pyramidParameters, trainDeepLab } from "../../downstream/deeplab/mod.ts";
import { initialise } from "../../nn/mod.ts";
import type { ImageStage, StageContext, WholeStage } from "../../run/stage.ts";
import { trainingSteps } from "../../data/mod.ts";
import { encodePng } from "../../files/png.ts";
import { disposeParams, fromParams, toParams } from "../../weights/mod.ts";
import { encodeSafetensors } from "../../files/safetensors.ts";
import { backboneOf, initialWeights, trainedNetwork, weightsFiles } from "../_networks.ts";
import { resumable } from "../_training.ts";
import { type LabelSource, readLabels, sourceSettings, STAGE_OF } from "./_label_sources.ts";

/** DeepLab's CRF: the parameters that followers of the paper use with it. */
const CRF: CrfSettings = {
  iterations: 10,
  confidence: 0.7,
  gaussian: { position: 1, weight: 3 },
  bilateral: { position: 67, colour: 3, weight: 4 },
};

const backboneFor = (config: Config) => backboneOf(config, config.downstream.deepLab.stride);

const headsFor = (config: Config) => pyramidParameters(backboneFor(config), config.data.classes.length + 1);

/** Trains DeepLab on the semantic labels of a source. */
export function trainDeepLabStage(source: LabelSource): WholeStage {
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
    ids: ({ config, dataset }: StageContext) => dataset.list(config.downstream.trainList),
    run: async (context: StageContext) => {
      const { config, dataset, files } = context;
      const { training } = config.downstream.deepLab;
      const backbone = backboneFor(config), heads = headsFor(config), specs = [...backbone.parameters, ...heads];
      const ids = dataset.list(config.downstream.trainList);
      const drawn = initialise(heads, { seed: config.seed, method: "he", gain: pyramidGain(backbone) });
      const params = toParams({ ...await initialWeights(context), ...drawn }, specs);
      try {
        await trainDeepLab({
          backbone,
          params,
          settings: training,
          seed: config.seed,
          ids,
          sample: async (id) => ({
            image: await dataset.readImage(id),
            label: await readLabels(context, id, source),
          }),
          ...await resumable(context, name, trainingSteps(ids.length, training)),
        });
        await files.write(name, "weights.safetensors", encodeSafetensors(await fromParams(params, specs)));
      } finally {
        disposeParams(params);
      }
    },
  };
}

/** Semantic masks that DeepLab predicts for images it has not seen. */
export function inferDeepLabStage(source: LabelSource): ImageStage {
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
    ids: ({ config, dataset }: StageContext) => dataset.list(config.downstream.valList),
    open: async (context: StageContext) => {
      const { config, dataset } = context, { scales, crf } = config.downstream.deepLab;
      const network = await trainedNetwork(context, training, {
        backbone: backboneFor(config),
        heads: headsFor(config),
      });
      return {
        process: async (id) => {
          const image = await dataset.readImage(id);
          const labels = await inferDeepLab(network, image, { scales, crf: crf ? CRF : null });
          return { [`${id}.png`]: encodePng(labels, {}) };
        },
        close: () => disposeParams(network.params),
      };
    },
  };
}
