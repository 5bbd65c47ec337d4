import type { Config } from "../../../config.ts";
import type { CrfSettings } from "../../../crf/mod.ts";
import {
  deepLabSteps,
  inferDeepLab,
  pyramidGain,
  pyramidParameters,
  trainDeepLab,
} from "../../../downstream/deeplab/mod.ts";
import { initialise } from "../../../nn/mod.ts";
import type { ImageStage, StageContext, WholeStage } from "../../../stage.ts";
import { encodePng } from "../../../voc/mod.ts";
import {
  decodeSafetensors,
  disposeParams,
  encodeSafetensors,
  fromParams,
  type ParameterSpec,
  toParams,
} from "../../../weights/mod.ts";
import { backboneOf, initialWeights, weightsFiles } from "../_networks.ts";
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

function parameters(config: Config): ParameterSpec[] {
  const backbone = backboneFor(config);
  return [...backbone.parameters, ...pyramidParameters(backbone, config.data.classes.length + 1)];
}

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
      const backbone = backboneFor(config), specs = parameters(config);
      const ids = dataset.list(config.downstream.trainList);
      const heads = initialise(specs.slice(backbone.parameters.length), {
        seed: config.seed,
        method: "he",
        gain: pyramidGain(backbone),
      });
      const params = toParams({ ...await initialWeights(context), ...heads }, specs);
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
          ...await resumable(context, name, deepLabSteps(ids.length, training)),
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
      const { config, dataset, files } = context;
      const backbone = backboneFor(config), { scales, crf } = config.downstream.deepLab;
      const bytes = await files.require(training, "weights.safetensors");
      const specs = parameters(config);
      const all = toParams(decodeSafetensors(bytes, files.path(training, "weights.safetensors")).tensors, specs);
      const heads = Object.entries(all).filter(([name]) => name.startsWith("aspp."));
      const params = {
        ...backbone.fold(all),
        ...Object.fromEntries(heads.map(([name, tensor]) => [name, tensor.clone()])),
      };
      disposeParams(all);
      return {
        process: async (id) => {
          const image = await dataset.readImage(id);
          const labels = await inferDeepLab({ backbone, params }, image, { scales, crf: crf ? CRF : null });
          return { [`${id}.png`]: encodePng(labels, {}) };
        },
        close: () => disposeParams(params),
      };
    },
  };
}
