import { camImportRules, type CamNetwork, camTask, classifierParameters, constantLoss } from "../cam/mod.ts";
import type { Config } from "../config/config.ts";
import type { NamedTensors } from "../files/safetensors.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import { importWeights, type ParameterSpec } from "../weights/mod.ts";
import { classify, guesses, judgedIds } from "./_classifier.ts";
import { inferences, networkCost, square, steps, trainingMemory } from "./_cost.ts";
import { checkBackboneWeights, checkTrainedWeights, givenWeights } from "./given_weights.ts";
import { backboneOf, foldedParams, trainedWeights } from "./_networks.ts";
import { trainInStage } from "./_training.ts";
import { classifierDoubts, classifierIds, initialWeights, weightsFiles } from "./backbone_train.ts";

const union = (...lists: string[][]) => [...new Set(lists.flat())];

/**
 * Trains the classifier whose class attention maps start everything, or takes a trained one, and judges it on the
 * validation list and on images of its training: logits by id, `validation.json` and `training.json`.
 */
export const camTrain: WholeStage = {
  kind: "whole",
  name: "cam_train",
  section: "Class Attention Maps",
  reads: ["backbone_train"],
  settings: ({ seed, data, backbone, cam }) => ({
    seed,
    data: [data.classes, data.trainList, data.classifierList, data.valList],
    backbone: backbone.network,
    weights: cam.weights !== null,
    training: cam.training,
  }),
  enabled: ({ cam }) => cam.from === null,
  readsOutside: (config) => weightsFiles(config, config.cam.weights),
  check: (config) => config.cam.weights === null ? checkBackboneWeights(config) : checkTrainedWeights(config, "cam"),
  ids: (context) => union(classifierIds(context), validationIds(context)),
  doubts: (context) => {
    const { backbone, cam } = context.config, isTold = backbone.pretraining !== null || cam.weights !== null;
    return isTold ? { hopeless: null, doubts: [] } : classifierDoubts(context);
  },
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, { training } = config.cam, { forward, bytes, weights } = networkCost(config);
      const ids = classifierIds(context), judged = union(validationIds(context), judgedIds(context, ids));
      const cost = forward * square(training.crop);
      return {
        parts: [
          ...(config.cam.weights === null ? [steps(ids.length, training, { cost: 2 * forward, config, image })] : []),
          inferences(judged.length, { cost, config, image, shared: false }),
        ],
        bytes: 3 * weights,
        memory: trainingMemory(training, 1.2 * bytes),
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files } = context, backbone = backboneOf(config), given = config.cam.weights;
    const ids = classifierIds(context), side = config.cam.training.crop;
    await trainInStage(context, {
      stage: "cam_train",
      key: "cam.training",
      task: camTask(backbone, { classes: config.data.classes.length, training: config.cam.training }),
      weights: given === null ? await initialWeights(context) : await givenClassifier(config),
      trained: given !== null,
      ids,
      label: dataset.labels,
      constant: constantLoss(ids.map(dataset.labels), dataset.classes.length),
      doubt: (params) => guesses(context, { backbone, params, side, ids }),
      finish: async (params) => {
        const validation = validationIds(context), training = judgedIds(context, ids);
        const all = await classify(context, { backbone, params, side, ids: union(validation, training) });
        for (const [name, ids] of Object.entries({ validation, training })) {
          const logits = Object.fromEntries(ids.map((id) => [id, all[id]!]));
          await files.write("cam_train", `${name}.json`, new TextEncoder().encode(JSON.stringify(logits)));
        }
      },
    });
  },
};

function validationIds({ config: { data }, dataset }: Pick<StageContext, "config" | "dataset">): string[] {
  return data.valList === null ? [] : dataset.list(data.valList);
}

/** Everything in `cam_train/weights.safetensors`. */
export function camParameters(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [...backbone.parameters, ...classifierParameters(backbone, config.data.classes.length)];
}

/** Weights of the classifier that `cam.weights` names. */
export async function givenClassifier(config: Config): Promise<NamedTensors> {
  const file = await givenWeights(config.cam.weights!, "cam");
  return importWeights(file, camParameters(config), camImportRules(backboneOf(config)));
}

/** The trained classifier, folded for inference; its parameters are the caller's to dispose of. */
export async function camNetwork(context: Pick<StageContext, "config" | "files">): Promise<CamNetwork> {
  const { config, files } = context, backbone = backboneOf(config);
  const heads = classifierParameters(backbone, config.data.classes.length);
  const weights = await trainedWeights(files, { stage: "cam_train", specs: camParameters(config) });
  return { backbone, params: foldedParams(weights, { backbone, heads }) };
}
