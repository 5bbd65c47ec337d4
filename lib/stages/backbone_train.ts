import type { Config } from "../config/config.ts";
import { classifierParameters, trainClassifier } from "../cam/mod.ts";
import { initialise } from "../nn/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { augmentClassification, random } from "../data/mod.ts";
import { disposeParams, fromParams, importWeights, readWeights, toParams } from "../weights/mod.ts";
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import { classificationBatches, classifierIds } from "./_classification_batches.ts";
import { networkCost, steps, trainingMemory } from "./_cost.ts";
import { backboneOf, pick } from "./_networks.ts";
import { resumable } from "./_training.ts";

/** Trains a backbone that has no ImageNet weights from scratch, to name the classes of the data set. */
export const backboneTrain: WholeStage = {
  kind: "whole",
  name: "backbone_train",
  section: "Class Attention Maps",
  reads: [],
  enabled: ({ backbone }) => backbone.pretraining !== null,
  settings: ({ seed, data, backbone }) => ({
    seed,
    data: [data.classes, data.trainList, data.classifierList],
    backbone,
  }),
  ids: classifierIds,
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, training = config.backbone.pretraining!;
      const { forward, bytes, weights } = networkCost(config);
      return {
        parts: [steps(classifierIds(context).length, training, { cost: 3 * forward, config, image })],
        bytes: 4 * weights,
        memory: trainingMemory(training, 1.5 * bytes),
      };
    },
  },
  run: async (context: StageContext) => {
    const { config, dataset, files } = context;
    const settings = config.backbone.pretraining!;
    const backbone = backboneOf(config);
    const specs = [...backbone.parameters, ...classifierParameters(backbone, dataset.classes.length)];
    const head = classifierParameters(backbone, dataset.classes.length);
    const params = toParams(
      { ...backbone.initialise(config.seed), ...initialise(head, { seed: config.seed, method: "uniform" }) },
      specs,
    );
    const { steps: count, batch } = classificationBatches(
      context,
      settings,
      (image, key) =>
        augmentClassification(image, {
          preprocess: backbone.preprocess,
          crop: settings.crop,
          scale: settings.scale,
          shift: settings.shift,
          colourJitter: settings.colourJitter,
          draw: random(config.seed, "backbone", ...key),
        }),
    );
    try {
      await trainClassifier({
        backbone,
        params,
        part: "all",
        optimiser: settings.optimiser,
        microBatch: settings.microBatch,
        steps: count,
        batch,
        ...await resumable(context, "backbone_train", count),
      });
      await files.write(
        "backbone_train",
        "weights.safetensors",
        encodeSafetensors(await fromParams(params, backbone.parameters)),
      );
    } finally {
      disposeParams(params);
    }
  },
};

/** The backbone's weights before CAM training, as IRNet sees them: from its own training, or from the file given. */
export async function initialWeights(
  { config, files }: Pick<StageContext, "config" | "files">,
): Promise<NamedTensors> {
  const backbone = backboneOf(config);
  if (config.backbone.pretraining) {
    return pick(
      decodeSafetensors(await files.require("backbone_train", "weights.safetensors"), "backbone_train"),
      backbone.parameters,
    );
  }
  const path = config.backbone.weights;
  if (path === null) {
    throw new Error(`Expected backbone.weights to name a file of ${backbone.name} weights but found null`);
  }
  return importWeights(await readWeights(path), backbone.parameters, backbone.importRules);
}

/** Files that a training reads: the weights given in its place, or those that its backbone starts from. */
export function weightsFiles({ backbone }: Config, given: string | null): string[] {
  const file = given ?? (backbone.pretraining ? null : backbone.weights);
  return file === null ? [] : [file];
}
