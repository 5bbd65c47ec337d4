import { classifierParameters, trainClassifier } from "../cam/mod.ts";
import { initialise } from "../nn/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { augmentClassification, random } from "../data/mod.ts";
import { disposeParams, fromParams, toParams } from "../weights/mod.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { classificationBatches, classifierIds } from "./_classification_batches.ts";
import { backboneOf } from "./_networks.ts";
import { resumable } from "./_training.ts";

/** Trains a backbone that has no ImageNet weights from scratch, to name the classes of the data set. */
export const trainBackbone: WholeStage = {
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
    const { steps, batch } = classificationBatches(context, settings, (image, key) =>
      augmentClassification(image, {
        preprocess: backbone.preprocess,
        crop: settings.crop,
        scale: settings.scale,
        shift: settings.shift,
        colourJitter: settings.colourJitter,
        draw: random(config.seed, "backbone", ...key),
      }));
    try {
      await trainClassifier({
        backbone,
        params,
        part: "all",
        optimiser: settings.optimiser,
        microBatch: settings.microBatch,
        steps,
        batch,
        ...await resumable(context, "backbone_train", steps),
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
