import type { Config } from "../config/config.ts";
import { backboneTask, constantLoss } from "../cam/mod.ts";
import { doubtTeaching, type TeachingDoubts } from "../data/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { importWeights, readWeights, weightFiles } from "../weights/mod.ts";
import { decodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import { guesses } from "./_classifier.ts";
import { networkCost, steps, trainingMemory } from "./_cost.ts";
import { backboneOf, pick } from "./_networks.ts";
import { trainInStage } from "./_training.ts";

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
  doubts: classifierDoubts,
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
  run: async (context) => {
    const { config, dataset } = context, backbone = backboneOf(config);
    const ids = classifierIds(context), training = config.backbone.pretraining!;
    await trainInStage(context, {
      stage: "backbone_train",
      key: "backbone.pretraining",
      task: backboneTask(backbone, { classes: dataset.classes.length, training }),
      weights: {},
      ids,
      label: dataset.labels,
      constant: constantLoss(ids.map(dataset.labels), dataset.classes.length),
      doubt: (params) => guesses(context, { backbone, params, side: training.crop, ids }),
      keeps: backbone.parameters,
    });
  },
};

/** Images that classifiers train on: those of their list, and images without any class. */
export function classifierIds({ config: { data }, dataset }: Pick<StageContext, "config" | "dataset">): string[] {
  const { classifierList, trainList, negatives } = data;
  return [...dataset.list(classifierList ?? trainList), ...negatives === null ? [] : dataset.list(negatives)];
}

/** What classifiers cannot learn from the labels of their images. */
export function classifierDoubts(context: Pick<StageContext, "config" | "dataset">): TeachingDoubts {
  const { classes, labels } = context.dataset;
  return doubtTeaching(classifierIds(context).map((id) => labels(id).map((label) => classes[label]!)), classes);
}

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
  return file === null ? [] : weightFiles(file);
}
