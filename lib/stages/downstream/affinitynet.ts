import { highResolutionCam } from "../../cam/mod.ts";
import { affinityNetLabels, affinityNetTask, affinityParameters } from "../../downstream/affinitynet/mod.ts";
import type { ImageStage, WholeStage } from "../../run/stage.ts";
import { encodePng } from "../../files/png.ts";
import { disposeParams } from "../../weights/mod.ts";
import { denseFactor, GIB, inferences, networkCost, steps, trainingMemory } from "../_cost.ts";
import { backboneOf, trainedNetwork } from "../_networks.ts";
import { trainInStage } from "../_training.ts";
import { initialWeights, weightsFiles } from "../backbone_train.ts";
import { readCams } from "../cam.ts";
import { readConfidentLabels } from "../relation.ts";

/** Trains AffinityNet on the confident labels. */
export const affinityNetTrain: WholeStage = {
  kind: "whole",
  name: "affinitynet_train",
  section: "Experiments: comparison with AffinityNet",
  reads: ["backbone_train", "relation"],
  readsOutside: (config) => weightsFiles(config, null),
  settings: ({ seed, data, backbone, downstream: { affinityNet } }) => ({
    seed,
    list: data.trainList,
    backbone: [backbone.network, backbone.taps],
    training: affinityNet.training,
    radius: affinityNet.radius,
  }),
  ids: ({ config, dataset }) => dataset.list(config.data.trainList),
  cost: {
    settings: ({ backbone, downstream }) => [backbone.network, backbone.taps, downstream.affinityNet.radius],
    estimate: ({ config, dataset }, image) => {
      const { training } = config.downstream.affinityNet, { forward, bytes, weights } = networkCost(config);
      const images = dataset.list(config.data.trainList).length;
      return {
        parts: [steps(images, training, { cost: 3 * forward * denseFactor(8), config, image })],
        bytes: 3 * weights,
        memory: trainingMemory(training, 2 * bytes),
      };
    },
  },
  run: async (context) => {
    const { config, dataset } = context;
    await trainInStage(context, {
      stage: "affinitynet_train",
      key: "downstream.affinityNet.training",
      task: affinityNetTask(backboneOf(config), config.downstream.affinityNet),
      weights: await initialWeights(context),
      ids: dataset.list(config.data.trainList),
      label: (id) => readConfidentLabels(context.files, id),
    });
  },
};

/** Pseudo semantic labels of AffinityNet. */
export const affinityNet: ImageStage = {
  kind: "image",
  name: "affinitynet",
  section: "Experiments: comparison with AffinityNet",
  reads: ["cam", "affinitynet_train"],
  runs: "main",
  settings: ({ backbone, downstream: { affinityNet: { radius, alpha, beta, steps } } }) => ({
    backbone: [backbone.network, backbone.taps],
    walk: { radius, alpha, beta, steps },
  }),
  ids: ({ config, dataset }) => dataset.list(config.downstream.trainList),
  cost: {
    settings: ({ backbone, downstream: { affinityNet: { radius, steps } } }) => [
      [backbone.network, backbone.taps],
      [radius, steps],
    ],
    estimate: ({ config, dataset }, image) => {
      const { forward, bytes } = networkCost(config), { megapixels, classes } = image;
      const count = dataset.list(config.downstream.trainList).length;
      const cost = (forward * denseFactor(8) + 0.2 * (1 + classes)) * megapixels;
      return {
        parts: [inferences(count, { cost, config, image })],
        bytes: 15_000 * megapixels,
        memory: 0.3 * GIB + 2 * bytes * megapixels,
      };
    },
  },
  open: async (context) => {
    const { config, dataset, files } = context, backbone = backboneOf(config);
    const heads = affinityParameters(backbone.taps);
    const network = await trainedNetwork(files, { stage: affinityNetTrain.name, backbone, heads });
    return {
      process: async (id) => {
        const image = await dataset.readImage(id), archive = await readCams(files, id);
        const cams = { keys: archive.keys, maps: highResolutionCam(archive).data };
        const labels = await affinityNetLabels(network, { image, cams }, {
          ...config.downstream.affinityNet,
          size: (await dataset.imageSize(id)).full,
        });
        return { [`${id}.png`]: encodePng(labels, {}) };
      },
      close: () => disposeParams(network.params),
    };
  },
};
