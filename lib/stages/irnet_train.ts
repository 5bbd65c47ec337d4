import type { Config } from "../config/config.ts";
import { headParameters, type Irnet, irnetImportRules, irnetTask, meanDisplacementOf } from "../irnet/mod.ts";
import type { Backbone } from "../nn/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { disposeParams, importWeights, type ParameterSpec, type Params, toParams } from "../weights/mod.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import { GIB, inferences, MIB, networkCost, square, steps, trainingMemory } from "./_cost.ts";
import { checkBackboneWeights, checkTrainedWeights, givenWeights } from "./given_weights.ts";
import { backboneOf, foldedParams, pick, trainedWeights } from "./_networks.ts";
import { trainInStage } from "./_training.ts";
import { initialWeights, weightsFiles } from "./backbone_train.ts";
import { readSeedLabels, SEED_LABELS } from "./seed.ts";

/** Seconds a megapixel forward through both branches, as those of the networks in `_cost.ts`. */
export const BRANCHES_COST = 0.3;

/** Text in the header of weights: the log of the training that they come from. */
export const TRAINING_LOG = "irnet_train.log";

/** Trains both branches of IRNet on confident labels, then takes the mean displacement; or takes trained weights. */
export const irnetTrain: WholeStage = {
  kind: "whole",
  name: "irnet_train",
  section: "Joint Learning of the Two Branches",
  reads: ["backbone_train", ...SEED_LABELS],
  settings: ({ seed, data, backbone, irnet }) => ({
    seed,
    data: [data.trainList, data.meanDisplacementList ?? data.inferList],
    backbone: [backbone.network, backbone.taps],
    irnet: { ...irnet, weights: irnet.weights !== null },
  }),
  readsOutside: (config) => weightsFiles(config, config.irnet.weights),
  check: (config) =>
    config.irnet.weights === null ? checkBackboneWeights(config) : checkTrainedWeights(config, "irnet"),
  ids: ({ config: { data, irnet }, dataset }) => {
    if (irnet.weights !== null) return [];
    return [
      ...new Set([data.trainList, data.meanDisplacementList ?? data.inferList].flatMap((list) => dataset.list(list))),
    ];
  },
  cost: {
    settings: ({ backbone, irnet: { training, displacementWidth } }) => [
      [backbone.network, backbone.taps],
      [training.radius, displacementWidth],
    ],
    estimate: ({ config, dataset }, image) => {
      const { training, crop, weights: given } = config.irnet, { forward, bytes, weights } = networkCost(config);
      const { trainList, meanDisplacementList, inferList } = config.data;
      const images = dataset.list(trainList).length, mean = dataset.list(meanDisplacementList ?? inferList).length;
      const cost = (forward + BRANCHES_COST) * square(crop);
      return {
        parts: given !== null ? [] : [
          steps(images, training, { cost: forward + 4 * BRANCHES_COST, config, image }),
          inferences(mean, { cost, config, image, shared: false }),
        ],
        bytes: 2 * weights + 20 * MIB,
        memory: trainingMemory(training, 2 * (bytes + GIB / 2)),
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files } = context, backbone = backboneOf(config), given = config.irnet.weights;
    if (given !== null) {
      const file = await givenWeights(given, "irnet"), log = file.metadata[TRAINING_LOG];
      const weights = importWeights(file, irnetParameters(config), irnetImportRules(backbone));
      if (log !== undefined) await files.write("irnet_train", "log.jsonl", new TextEncoder().encode(log));
      return await files.write("irnet_train", "weights.safetensors", encodeSafetensors(weights));
    }
    await trainInStage(context, {
      stage: "irnet_train",
      key: "irnet.training",
      task: irnetTask(backbone, config.irnet),
      weights: await initialWeights(context),
      ids: dataset.list(config.data.trainList),
      label: (id) => readSeedLabels(context, id),
      finish: async (params) => {
        const mean = await meanDisplacement(context, backbone, params);
        return { mean_displacement: { shape: [2], data: Float32Array.from(mean) } };
      },
    });
  },
};

/** Mean over a list of images; as in the released code only whole batches count, if there is one. */
async function meanDisplacement(
  { config, dataset, progress }: StageContext,
  backbone: Backbone,
  params: Params,
): Promise<[number, number]> {
  const { training: { batch }, crop } = config.irnet;
  const all = dataset.list(config.data.meanDisplacementList ?? config.data.inferList);
  const ids = all.slice(0, Math.floor(all.length / batch) * batch || all.length);
  const heads = Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith("fc_")));
  const folded = backbone.fold(params);
  const sum: [number, number] = [0, 0];
  try {
    for (const [i, id] of ids.entries()) {
      const image = await dataset.readImage(id);
      const [dy, dx] = await meanDisplacementOf(backbone, { ...folded, ...heads }, { image, crop });
      sum[0] += dy / ids.length;
      sum[1] += dx / ids.length;
      progress(i + 1, ids.length, "mean displacement");
    }
  } finally {
    disposeParams(folded);
  }
  return sum;
}

/** Everything in `irnet_train/weights.safetensors`. */
export function irnetParameters(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [
    ...backbone.parameters,
    ...headParameters(backbone.taps, config.irnet.displacementWidth),
    { name: "mean_displacement", shape: [2], role: "offset" },
  ];
}

/** The trained IRNet, folded for inference; its parameters are the caller's to dispose of. */
export async function irnetNetwork(context: Pick<StageContext, "config" | "files">): Promise<Irnet> {
  const { config, files } = context, backbone = backboneOf(config);
  const weights = await trainedWeights(files, { stage: "irnet_train", specs: irnetParameters(config) });
  const [dy, dx] = weights["mean_displacement"]!.data;
  const heads = headParameters(backbone.taps, config.irnet.displacementWidth);
  return { backbone, params: foldedParams(weights, { backbone, heads }), meanDisplacement: [dy!, dx!] };
}

/** IRNet before its training: the backbone from before CAM training, and both branches at random. */
export async function untrainedIrnet(
  context: Pick<StageContext, "config" | "files">,
): Promise<{ backbone: Backbone; params: Params }> {
  const { config } = context, backbone = backboneOf(config), task = irnetTask(backbone, config.irnet);
  // The branches are trained on a frozen backbone: in given weights it is what they began with.
  const start = config.irnet.weights === null
    ? await initialWeights(context)
    : pick(await givenWeights(config.irnet.weights, "irnet"), backbone.parameters);
  const tensors = { ...start, ...task.initialise(config.seed) };
  return { backbone, params: toParams(tensors, task.parameters) };
}
