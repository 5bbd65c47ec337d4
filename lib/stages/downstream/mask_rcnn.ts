import type { Config } from "../../config/config.ts";
import type { Part } from "../../config/merge.ts";
import {
  type FoundInstances,
  inferMaskRcnn,
  maskRcnnParameters,
  maskRcnnTask,
} from "../../downstream/mask_rcnn/mod.ts";
import { groundTruthInstances, type InstanceMasks } from "../../evaluation/mod.ts";
import { decodeSafetensors } from "../../files/safetensors.ts";
import type { CostModel, ImageStage, StageContext, WholeStage } from "../../run/stage.ts";
import { disposeParams, type ParameterSpec } from "../../weights/mod.ts";
import { GIB, inferences, MIB, networkCost, steps, trainingMemory } from "../_cost.ts";
import { backboneOf, trainedNetwork } from "../_networks.ts";
import { trainInStage } from "../_training.ts";
import { initialWeights, weightsFiles } from "../backbone_train.ts";
import { encodeInstances, readInstances } from "../instance.ts";
import { encodeMaskRcnn } from "../model_file.ts";
import { MASK_SOURCES, type MaskSource } from "./sources.ts";
import { keepInstances, resizeInstances } from "../../evaluation/instances.ts";

function headParameters(config: Config): ParameterSpec[] {
  const { taps } = backboneOf(config), classes = config.data.classes.length;
  return maskRcnnParameters(taps, { ...config.downstream.maskRcnn, classes });
}

function listOf(source: MaskSource, { downstream }: Config): string {
  return source === "truth" ? downstream.trainInstanceList : downstream.trainList;
}

/** Sizes that the parameters depend on. */
function widths({ downstream: { maskRcnn: { pyramidWidth, boxWidth, maskWidth } } }: Config) {
  return { pyramidWidth, boxWidth, maskWidth };
}

const trainingCost = (source: MaskSource): CostModel => ({
  settings: ({ backbone, downstream: { maskRcnn: { pyramidWidth, boxWidth, maskWidth, regions } } }) => [
    [backbone.network, backbone.taps],
    [pyramidWidth, boxWidth, maskWidth, regions],
  ],
  likeStages: MASK_SOURCES.map((source) => `mask_rcnn_${source}_train`),
  estimate: ({ config, dataset }, image) => {
    const { training } = config.downstream.maskRcnn, { forward, bytes, weights } = networkCost(config);
    const images = dataset.list(listOf(source, config)).length;
    return {
      parts: [
        { unit: "images", count: images, seconds: 0.1 * image.megapixels }, // looks for instances
        steps(images, training, { cost: 4 * forward, config, image }),
      ],
      bytes: 3 * weights + 40 * MIB,
      memory: trainingMemory(training, 3 * bytes),
    };
  },
});

const inferenceCost: CostModel = {
  settings: ({ backbone, downstream: { maskRcnn: { pyramidWidth, boxWidth, maskWidth, proposals } } }) => [
    [backbone.network, backbone.taps],
    [pyramidWidth, boxWidth, maskWidth, proposals],
  ],
  likeStages: MASK_SOURCES.map((source) => `mask_rcnn_${source}`),
  estimate: ({ config, dataset }, image) => {
    const { forward, bytes } = networkCost(config), { megapixels } = image;
    const count = dataset.list(config.downstream.valInstanceList).length;
    return {
      parts: [inferences(count, { cost: 3 * forward * megapixels, config, image })],
      bytes: 50_000 * megapixels,
      memory: 0.3 * GIB + 3 * bytes * megapixels,
    };
  },
};

/** Trains Mask R-CNN on the instance masks of a source; images without an instance are left out. */
export function maskRcnnTrain(source: MaskSource): WholeStage {
  const name = `mask_rcnn_${source}_train`;
  return {
    kind: "whole",
    name,
    section: "Experiments: instance segmentation",
    reads: ["backbone_train", ...(source === "irnet" ? ["instance"] : [])],
    readsOutside: (config) => weightsFiles(config, null),
    readsMasks: source === "truth",
    settings: (config) => {
      const { training, score, anchor, anchors, regions, proposals } = config.downstream.maskRcnn;
      return {
        seed: config.seed,
        list: listOf(source, config),
        backbone: [config.backbone.network, config.backbone.taps],
        widths: widths(config),
        training: { training, anchor, anchors, regions, proposals },
        ...(source === "irnet" ? { score } : {}),
      };
    },
    ids: ({ config, dataset }) => dataset.list(listOf(source, config)),
    cost: trainingCost(source),
    run: async (context) => {
      const { config, dataset, progress } = context;
      const list = dataset.list(listOf(source, config)), ids: string[] = [];
      for (const [i, id] of list.entries()) {
        if ((await instancesToLearn(context, id, { source })).class.length > 0) ids.push(id);
        progress(i + 1, list.length, "looking for instances");
      }
      if (ids.length === 0) {
        throw new Error(
          `Expected instances to train on in the ${list.length} images of ${listOf(source, config)} but found none`,
        );
      }
      const settings = { ...config.downstream.maskRcnn, classes: config.data.classes.length };
      await trainInStage(context, {
        stage: name,
        key: "downstream.maskRcnn.training",
        task: maskRcnnTask(backboneOf(config), settings),
        weights: await initialWeights(context),
        ids,
        label: async (id) =>
          resizeInstances(await instancesToLearn(context, id, { source }), (await dataset.imageSize(id)).reading),
      });
    },
  };
}

/** Instances to learn, without fragments and those of a low score. */
async function instancesToLearn(
  context: StageContext,
  id: string,
  { source }: { source: MaskSource },
): Promise<InstanceMasks> {
  const { config, dataset } = context;
  if (source === "truth") {
    const classes = await dataset.readClassMask(id), objects = classes && await dataset.readInstanceMask(id);
    if (!objects) {
      throw new Error(`Expected ground truth of the instances of ${id} to train the upper bound on but found none`);
    }
    return groundTruthInstances(objects, classes);
  }
  const instances = await readInstances(context.files, id), least = config.downstream.maskRcnn.score;
  const kept = Array.from(instances.score).flatMap((score, n) => score > 0 && score >= least ? [n] : []);
  return keepInstances(instances, kept);
}

/** Instances that Mask R-CNN finds in images it has not seen. */
export function maskRcnn(source: MaskSource): ImageStage {
  const training = `mask_rcnn_${source}_train`;
  return {
    kind: "image",
    name: `mask_rcnn_${source}`,
    section: "Experiments: instance segmentation",
    reads: [training],
    runs: "main",
    settings: (config) => {
      const { anchor, proposals, detections } = config.downstream.maskRcnn;
      return {
        backbone: [config.backbone.network, config.backbone.taps],
        widths: widths(config),
        detection: { anchor, proposals, detections },
      };
    },
    ids: ({ config, dataset }) => dataset.list(config.downstream.valInstanceList),
    cost: inferenceCost,
    open: async (context) => {
      const { find, close } = await openMaskRcnn(context, training);
      return { process: async (id) => ({ [`${id}.npz`]: encodeInstances(await find(id)) }), close };
    },
  };
}

/** The Mask R-CNN that a stage has trained, which finds the instances of images. */
export async function openMaskRcnn({ config, dataset, files }: StageContext, training: string) {
  const backbone = backboneOf(config), heads = headParameters(config), settings = config.downstream.maskRcnn;
  const network = await trainedNetwork(files, { stage: training, backbone, heads });
  return {
    find: async (id: string): Promise<FoundInstances> => {
      const image = await dataset.readImage(id), { full: size } = await dataset.imageSize(id);
      return await inferMaskRcnn(network, image, { ...settings, size });
    },
    close: () => disposeParams(network.params),
  };
}

/** Name of the model of the Mask R-CNN that learned from IRNet's masks, in the working directory itself. */
export const MASK_RCNN_FILE = "mask_rcnn.safetensors";

/** The settings that predictions with Mask R-CNN need. */
function predictionSettings({ preset, data, backbone, downstream: { maskRcnn } }: Config): Part<Config> {
  const { training: _, score: __, anchors: ___, regions: ____, ...network } = maskRcnn;
  return {
    preset,
    data: { classes: data.classes, longSide: data.longSide },
    backbone: { network: backbone.network, taps: backbone.taps },
    downstream: { maskRcnn: network },
  };
}

/** Puts all that predictions with Mask R-CNN need into one file. */
export const maskRcnnModel: WholeStage = {
  kind: "whole",
  name: "mask_rcnn_model",
  section: "Experiments: instance segmentation",
  reads: ["mask_rcnn_irnet_train"],
  settings: predictionSettings,
  run: async ({ config, files }) => {
    const name = files.path("mask_rcnn_irnet_train", "weights.safetensors");
    const { tensors } = decodeSafetensors(await files.require("mask_rcnn_irnet_train", "weights.safetensors"), name);
    const settings = predictionSettings(config), thresholds = config.data.classes.map(() => null);
    const facts = { settings, thresholds, thresholdsFrom: { list: "", images: 0 } };
    await files.write("mask_rcnn_model", `../${MASK_RCNN_FILE}`, encodeMaskRcnn(tensors, facts));
  },
};
