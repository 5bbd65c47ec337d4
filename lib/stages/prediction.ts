/**
 * The stages of predictions, with trained weights, on images with labels or without.
 * @module
 */
import { openDataset as openLabelled, openImages } from "../data/mod.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import type { Stage, StageModule } from "../run/stage.ts";
import { chosenClasses } from "../evaluation/mod.ts";
import { keepInstances } from "../evaluation/instances.ts";
import { encodePng } from "../files/png.ts";
import { amn } from "./amn.ts";
import { amnTrain } from "./amn_train.ts";
import { cam } from "./cam.ts";
import { camTrain, givenClassifier } from "./cam_train.ts";
import { classify } from "./classify.ts";
import { maskRcnn, maskRcnnTrain, openMaskRcnn } from "./downstream/mask_rcnn.ts";
import { givenWeights } from "./given_weights.ts";
import { encodeInstances, instance, instanceMap } from "./instance.ts";
import { irnet } from "./irnet.ts";
import { irnetTrain } from "./irnet_train.ts";
import { givenPrototypes, prototypes } from "./prototypes.ts";
import { semantic } from "./semantic.ts";
import { weightFiles } from "../weights/mod.ts";

const { cost: _, ids: __, ...taken } = camTrain;

/** The classifier as it is given, judged on nothing. */
const givenCam: Stage = {
  ...taken,
  run: async ({ config, files }) =>
    await files.write("cam_train", "weights.safetensors", encodeSafetensors(await givenClassifier(config))),
};

const { cost: ___, ids: ____, ...chosen } = prototypes;

/** The prototypes of the classes as the model has them. */
const modelPrototypes: Stage = {
  ...chosen,
  reads: [],
  settings: () => "given",
  readsOutside: ({ cam }) => weightFiles(cam.weights!),
  check: async (config) => {
    await givenPrototypes(config);
    return null;
  },
  run: async ({ config, files }) =>
    await files.write("prototypes", "prototypes.safetensors", encodeSafetensors(await givenPrototypes(config))),
};

/** Least score of Mask R-CNN's detections that count. */
export const LEAST_SCORE = 0.5;

const { cost: _____, ids: ______, ...trained } = maskRcnnTrain("irnet"), detecting = maskRcnn("irnet");

/** Mask R-CNN as the model has it. */
const givenMaskRcnn: Stage = {
  ...trained,
  reads: [],
  readsMasks: false,
  settings: () => "given",
  readsOutside: ({ cam }) => weightFiles(cam.weights!),
  run: async ({ config, files }) => {
    const { tensors } = await givenWeights(config.cam.weights!, "mask_rcnn");
    await files.write(trained.name, "weights.safetensors", encodeSafetensors(tensors));
  },
};

/** Instances that it finds, of the classes that are asked for: all in the archive, those that count in the picture. */
const detections: Stage = {
  ...detecting,
  ignoresLabels: true,
  settings: (config) => [detecting.settings(config), config.evaluation.classes],
  open: async (context) => {
    const { find, close } = await openMaskRcnn(context, trained.name);
    const wanted = chosenClasses(context.dataset.classes, context.config.evaluation.classes);
    return {
      process: async (id) => {
        const found = await find(id), places = [...found.class.keys()];
        const all = keepInstances(found, places.filter((n) => wanted.includes(found.class[n]!)));
        const sure = keepInstances(all, all.score.flatMap((score, n) => score >= LEAST_SCORE ? [n] : []));
        return {
          [`${id}.npz`]: encodeInstances({
            ...all,
            score: Float32Array.from(all.score),
            class: Int32Array.from(all.class),
          }),
          [`${id}.png`]: encodePng(instanceMap(sure), {}),
        };
      },
      close,
    };
  },
};

/** The stages in their order; none reads those of trainings. */
export const stages: readonly Stage[] = [
  ...[givenCam, classify, amnTrain, irnetTrain, modelPrototypes],
  ...[cam, amn, irnet, instance, semantic, givenMaskRcnn, detections],
].map((stage) => ({
  ...stage,
  reads: stage.reads.filter((name) => !["backbone_train", "relation", "amn_relation"].includes(name)),
}));

/** Opens images alone where the configuration names no labels, whatever labels there may be. */
export const openDataset: StageModule["openDataset"] = async (data) =>
  data.labels === null ? openImages(data) : await openLabelled(data);
