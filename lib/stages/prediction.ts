/**
 * The stages of predictions, with trained weights, on images with labels or without.
 * @module
 */
import { openDataset as openLabelled, openImages } from "../data/mod.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import type { Stage, StageModule } from "../run/stage.ts";
import { amn } from "./amn.ts";
import { amnTrain } from "./amn_train.ts";
import { cam } from "./cam.ts";
import { camTrain, givenClassifier } from "./cam_train.ts";
import { classify } from "./classify.ts";
import { instance } from "./instance.ts";
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

/** The stages in their order; none reads those of trainings. */
export const stages: readonly Stage[] = [
  ...[givenCam, classify, amnTrain, irnetTrain, modelPrototypes],
  ...[cam, amn, irnet, instance, semantic],
].map((stage) => ({
  ...stage,
  reads: stage.reads.filter((name) => !["backbone_train", "relation", "amn_relation"].includes(name)),
}));

/** Opens images alone where the configuration names no labels, whatever labels there may be. */
export const openDataset: StageModule["openDataset"] = async (data) =>
  data.labels === null ? openImages(data) : await openLabelled(data);
