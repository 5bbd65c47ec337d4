import type { Config } from "../config/config.ts";
import type { Stage } from "../run/stage.ts";
import { amn } from "./amn.ts";
import { amnTrain } from "./amn_train.ts";
import { backboneTrain } from "./backbone_train.ts";
import { cam } from "./cam.ts";
import { camTrain } from "./cam_train.ts";
import { affinityNet, affinityNetTrain } from "./downstream/affinitynet.ts";
import { compare } from "./downstream/compare.ts";
import { compareMeasure } from "./downstream/compare_measure.ts";
import { deepLab, deepLabTrain } from "./downstream/deeplab.ts";
import { maskRcnn, maskRcnnModel, maskRcnnTrain } from "./downstream/mask_rcnn.ts";
import { LABEL_SOURCES, MASK_SOURCES } from "./downstream/sources.ts";
import { evaluation } from "./evaluation.ts";
import { instance } from "./instance.ts";
import { irnet } from "./irnet.ts";
import { irnetTrain } from "./irnet_train.ts";
import { measure } from "./measure.ts";
import { model } from "./model.ts";
import { prototypes } from "./prototypes.ts";
import { amnRelation, relation } from "./relation.ts";
import { semantic } from "./semantic.ts";
import { sweep, sweepTable } from "./sweep.ts";
import { camCuts, labelCuts, thresholds } from "./thresholds.ts";

/** The stages that make IRNet's labels. */
const labelStages: readonly Stage[] = [
  backboneTrain,
  camTrain,
  prototypes,
  cam,
  relation,
  amnTrain,
  amn,
  amnRelation,
  irnetTrain,
  irnet,
  instance,
  semantic,
];

/** The stages that train other networks on labels, and judge them all. */
const downstreamStages: readonly Stage[] = [
  affinityNetTrain,
  affinityNet,
  ...LABEL_SOURCES.flatMap((source) => [deepLabTrain(source), deepLab(source)]),
  ...MASK_SOURCES.flatMap((source) => [maskRcnnTrain(source), maskRcnn(source)]),
  maskRcnnModel,
  compareMeasure,
  compare,
];

/** The stages of IRNet in the order in which they run. */
export const irnetStages: readonly Stage[] = [...labelStages, measure, evaluation, model];

/** The stages of the command `compare` in the order in which they run: IRNet's up to its labels, and what follows them. */
export const comparisonStages: readonly Stage[] = [...labelStages, model, ...downstreamStages];

/** The stages that try other settings on what IRNet's have made. */
export const trialStages: readonly Stage[] = [sweep, sweepTable, camCuts, labelCuts, thresholds];

/** All stages that there are. Those after IRNet's run where they are named. */
export const stages: readonly Stage[] = [
  ...irnetStages,
  ...[...trialStages, ...downstreamStages].map((stage): Stage => ({ ...stage, onlyNamed: true })),
];

/** Address of this list, which the engine's Workers import again. */
export const STAGES_MODULE: string = import.meta.url;

/** The configuration whose pseudo labels are those of the images that the networks of the comparison are trained on. */
export function comparisonConfig(config: Config): Config {
  const { inferList, meanDisplacementList } = config.data;
  const data = {
    ...config.data,
    inferList: config.downstream.trainList,
    meanDisplacementList: meanDisplacementList ?? inferList, // of the IRNet that may be trained already
  };
  return { ...config, data };
}
