import { headParameters, irnetImportRules, irnetSteps, meanDisplacementOf, trainIrnet } from "../irnet/mod.ts";
import type { Backbone } from "../nn/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { decodePng } from "../files/png.ts";
import { disposeParams, fromParams, importWeights, type Params, readWeights } from "../weights/mod.ts";
import { encodeSafetensors, type NamedTensors } from "../files/safetensors.ts";
import { backboneOf, irnetParameters, untrainedIrnet, weightsFiles } from "./_networks.ts";
import { remembered } from "./_remembered.ts";
import { resumable } from "./_training.ts";

/** Trains both branches of IRNet on confident labels, then takes the mean displacement; or takes trained weights. */
export const trainIrnetStage: WholeStage = {
  kind: "whole",
  name: "irnet_train",
  section: "Joint Learning of the Two Branches",
  reads: ["backbone_train", "relation"],
  settings: ({ seed, data, backbone, irnet }) => ({
    seed,
    data: [data.trainList, data.meanDisplacementList ?? data.inferList],
    backbone: [backbone.network, backbone.taps],
    irnet: { ...irnet, weights: irnet.weights !== null },
  }),
  readsOutside: (config) => weightsFiles(config, config.irnet.weights),
  ids: ({ config: { data }, dataset }: StageContext) => [
    ...new Set([...dataset.list(data.trainList), ...dataset.list(data.meanDisplacementList ?? data.inferList)]),
  ],
  run: async (context: StageContext) => {
    const { config, dataset, files } = context;
    const { training, displacementWidth, weights: given } = config.irnet;
    const write = (weights: NamedTensors) =>
      files.write("irnet_train", "weights.safetensors", encodeSafetensors(weights));
    if (given !== null) {
      const rules = irnetImportRules(backboneOf(config));
      return await write(importWeights(await readWeights(given), irnetParameters(config), rules));
    }
    const ids = dataset.list(config.data.trainList), photograph = remembered(dataset.readImage);
    const { backbone, params } = await untrainedIrnet(context);
    try {
      await trainIrnet({
        backbone,
        params,
        settings: training,
        displacementWidth,
        seed: config.seed,
        ids,
        sample: async (id) => ({
          image: await photograph(id),
          label: decodePng(await files.require("relation", `${id}.png`), files.path("relation", `${id}.png`)),
        }),
        ...await resumable(context, "irnet_train", irnetSteps(ids.length, training)),
      });
      const heads = headParameters(backbone.taps, displacementWidth);
      const weights = await fromParams(params, [...backbone.parameters, ...heads]);
      const mean = await meanDisplacement(context, backbone, params);
      await write({ ...weights, mean_displacement: { shape: [2], data: Float32Array.from(mean) } });
    } finally {
      disposeParams(params);
    }
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
