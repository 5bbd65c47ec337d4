import { camImportRules, camLogits, type CamNetwork, camTask, classifierParameters } from "../cam/mod.ts";
import type { Config } from "../config/config.ts";
import type { Backbone } from "../nn/mod.ts";
import type { StageContext, WholeStage } from "../run/stage.ts";
import * as tf from "../tensor/tf.ts";
import { cropImage } from "../data/mod.ts";
import { disposeParams, importWeights, type ParameterSpec, type Params, readWeights } from "../weights/mod.ts";
import { inferences, networkCost, square, steps, trainingMemory } from "./_cost.ts";
import { backboneOf, foldedParams, trainedWeights } from "./_networks.ts";
import { trainInStage } from "./_training.ts";
import { classifierIds, initialWeights, weightsFiles } from "./backbone_train.ts";

/**
 * Trains the classifier whose class attention maps start everything, or takes a trained one, and judges it on the
 * validation list.
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
  ids: (context) => [
    ...new Set([...classifierIds(context), ...validationIds(context)]),
  ],
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, { training } = config.cam, { forward, bytes, weights } = networkCost(config);
      const images = classifierIds(context).length, cost = forward * square(training.crop);
      return {
        parts: [
          ...(config.cam.weights === null ? [steps(images, training, { cost: 2 * forward, config, image })] : []),
          inferences(validationIds(context).length, { cost, config, image, shared: false }),
        ],
        bytes: 3 * weights,
        memory: trainingMemory(training, 1.2 * bytes),
      };
    },
  },
  run: async (context) => {
    const { config, dataset, files } = context, backbone = backboneOf(config), given = config.cam.weights;
    await trainInStage(context, {
      stage: "cam_train",
      task: camTask(backbone, { classes: config.data.classes.length, training: config.cam.training }),
      weights: given === null
        ? await initialWeights(context)
        : importWeights(await readWeights(given), camParameters(config), camImportRules(backbone)),
      trained: given !== null,
      ids: classifierIds(context),
      label: dataset.labels,
      finish: async (params) => {
        const logits = await validate(context, backbone, params);
        await files.write("cam_train", "validation.json", new TextEncoder().encode(JSON.stringify(logits)));
      },
    });
  },
};

function validationIds({ config: { data }, dataset }: Pick<StageContext, "config" | "dataset">): string[] {
  return data.valList === null ? [] : dataset.list(data.valList);
}

/** Class logits of the validation images, each cut to its top-left crop, by id. */
async function validate(
  { config, dataset, progress }: StageContext,
  backbone: Backbone,
  params: Params,
): Promise<Record<string, number[]>> {
  const side = config.cam.training.crop;
  const logits: Record<string, number[]> = {};
  const folded = backbone.fold(params);
  const network = { backbone, params: { ...folded, "classifier.weight": params["classifier.weight"]! } };
  try {
    const ids = validationIds({ config, dataset });
    for (const [i, id] of ids.entries()) {
      const pixels = cropImage(await dataset.readImage(id), {
        height: side,
        width: side,
        preprocess: backbone.preprocess,
      });
      const scores = tf.tidy(() => camLogits(network, tf.tensor4d(pixels, [1, side, side, 3])));
      logits[id] = Array.from(await scores.data());
      scores.dispose();
      progress(i + 1, ids.length, "validation");
    }
  } finally {
    disposeParams(folded);
  }
  return logits;
}

/** Everything in `cam_train/weights.safetensors`. */
function camParameters(config: Config): ParameterSpec[] {
  const backbone = backboneOf(config);
  return [...backbone.parameters, ...classifierParameters(backbone, config.data.classes.length)];
}

/** The trained classifier, folded for inference; its parameters are the caller's to dispose of. */
export async function camNetwork(context: Pick<StageContext, "config" | "files">): Promise<CamNetwork> {
  const { config, files } = context, backbone = backboneOf(config);
  const heads = classifierParameters(backbone, config.data.classes.length);
  const weights = await trainedWeights(files, { stage: "cam_train", specs: camParameters(config) });
  return { backbone, params: foldedParams(weights, { backbone, heads }) };
}
