/**
 * The stages of predictions, with trained weights, on images with labels or without.
 * @module
 */
import { openDataset as openLabelled, openImages } from "../data/mod.ts";
import { encodeSafetensors } from "../files/safetensors.ts";
import type { Stage, StageModule } from "../run/stage.ts";
import { cam } from "./cam.ts";
import { camTrain, givenClassifier } from "./cam_train.ts";
import { classify } from "./classify.ts";
import { instance } from "./instance.ts";
import { irnet } from "./irnet.ts";
import { irnetTrain } from "./irnet_train.ts";
import { semantic } from "./semantic.ts";

const { cost: _, ids: __, ...taken } = camTrain;

/** The classifier as it is given, judged on nothing. */
const givenCam: Stage = {
  ...taken,
  run: async ({ config, files }) =>
    await files.write("cam_train", "weights.safetensors", encodeSafetensors(await givenClassifier(config))),
};

/** The stages in their order; none reads those of trainings. */
export const stages: readonly Stage[] = [givenCam, classify, irnetTrain, cam, irnet, instance, semantic].map((
  stage,
) => ({
  ...stage,
  reads: stage.reads.filter((name) => !["backbone_train", "relation"].includes(name)),
}));

/** Opens images alone where the configuration names no labels, whatever labels there may be. */
export const openDataset: StageModule["openDataset"] = async (data) =>
  data.labels === null ? openImages(data) : await openLabelled(data);
