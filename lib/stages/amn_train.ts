import { type Amn, amnParameters, amnTask } from "../amn/mod.ts";
import type { Config } from "../config/config.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { importWeights, type ParameterSpec } from "../weights/mod.ts";
import { MIB, networkCost, steps, trainingMemory } from "./_cost.ts";
import { backboneOf, trainedNetwork } from "./_networks.ts";
import { trainInStage } from "./_training.ts";
import { initialWeights, weightsFiles } from "./backbone_train.ts";
import { checkBackboneWeights, checkTrainedWeights, givenWeights } from "./given_weights.ts";
import { readConfidentLabels } from "./relation.ts";

/** Trains AMN on the confident labels of CAMs, or takes trained weights. */
export const amnTrain: WholeStage = {
  kind: "whole",
  name: "amn_train",
  section: "After IRNet: AMN",
  reads: ["backbone_train", "relation"],
  enabled: ({ amn }) => amn.use,
  settings: ({ seed, data, backbone, amn: { training, smoothing, weights } }) => ({
    seed,
    data: [data.classes, data.trainList],
    backbone: backbone.network,
    amn: { training, smoothing, weights: weights !== null },
  }),
  readsOutside: (config) => weightsFiles(config, config.amn.weights),
  check: (config) => config.amn.weights === null ? checkBackboneWeights(config) : checkTrainedWeights(config, "amn"),
  ids: ({ config, dataset }) => config.amn.weights === null ? dataset.list(config.data.trainList) : [],
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: ({ config, dataset }, image) => {
      const { training, weights: given } = config.amn, { forward, bytes, weights } = networkCost(config);
      const images = dataset.list(config.data.trainList).length;
      return {
        parts: given === null ? [steps(images, training, { cost: 2.5 * forward, config, image })] : [],
        bytes: 3 * weights + 10 * MIB,
        memory: trainingMemory(training, 1.5 * bytes),
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files } = context, { training, smoothing, weights: given } = config.amn;
    const backbone = backboneOf(config);
    if (given !== null) {
      const weights = importWeights(await givenWeights(given, "amn"), amnWeights(config), backbone.importRules);
      return await files.write("amn_train", "weights.safetensors", encodeSafetensors(weights));
    }
    await trainInStage(context, {
      stage: "amn_train",
      key: "amn.training",
      task: amnTask(backbone, { classes: config.data.classes.length, training, smoothing }),
      weights: await initialWeights(context),
      ids: dataset.list(config.data.trainList),
      label: async (id) => ({ classes: dataset.labels(id), map: await readConfidentLabels(files, id) }),
    });
  },
};

/** Everything in `amn_train/weights.safetensors`. */
export function amnWeights(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [...backbone.parameters, ...amnParameters(backbone, config.data.classes.length)];
}

/** The trained AMN, folded for inference; its parameters are the caller's to dispose of. */
export async function amnNetwork({ config, files }: Pick<StageContext, "config" | "files">): Promise<Amn> {
  const backbone = backboneOf(config), heads = amnParameters(backbone, config.data.classes.length);
  return await trainedNetwork(files, { stage: "amn_train", backbone, heads });
}
