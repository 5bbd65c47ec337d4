import type { Config } from "../config/config.ts";
import { classThresholds } from "../evaluation/mod.ts";
import type { WholeStage } from "../run/stage.ts";
import { trainedWeights } from "./_networks.ts";
import { amnWeights } from "./amn_train.ts";
import { camParameters } from "./cam_train.ts";
import { probability } from "./classify.ts";
import { irnetParameters } from "./irnet_train.ts";
import { prototypeTensors } from "./prototypes.ts";
import { encodeModel, predictionSettings } from "./model_file.ts";

/** Name of the model, in the working directory itself. */
export const MODEL_FILE = "model.safetensors";

/** Puts all that predictions need into one file, with thresholds for the classes. */
export const model: WholeStage = {
  kind: "whole",
  name: "model",
  section: "Label Synthesis Using IRNet",
  reads: ["cam_train", "prototypes", "irnet_train", "amn_train"],
  enabled: ({ cam }) => cam.from === null,
  settings: predictionSettings,
  ids: ({ config, dataset }) => dataset.list(judged(config).list),
  run: async (context) => {
    const { config, dataset, files } = context, { list, file } = judged(config);
    // Runs of earlier versions have judged their classifier on validation images alone.
    const bytes = await files.read("cam_train", file);
    const logits: Record<string, number[]> = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : {};
    const ids = Object.keys(logits);
    const thresholds = classThresholds(ids.map((id) => logits[id]!.map(probability)), {
      labels: ids.map(dataset.labels),
      classes: config.data.classes.length,
    });
    const parts = {
      cam: await trainedWeights(files, { stage: "cam_train", specs: camParameters(config) }),
      irnet: await trainedWeights(files, { stage: "irnet_train", specs: irnetParameters(config) }),
      ...config.cam.method === "lpcam" ? { prototypes: await prototypeTensors(files) } : {},
      ...(config.amn.use
        ? { amn: await trainedWeights(files, { stage: "amn_train", specs: amnWeights(config) }) }
        : {}),
    };
    const encoded = encodeModel(parts, {
      settings: predictionSettings(config),
      thresholds,
      thresholdsFrom: { list, images: ids.length },
    });
    await files.write("model", `../${MODEL_FILE}`, encoded);
  },
};

/** Images on which the classifier was judged: those of validation, else those of its training. */
function judged({ data }: Config): { list: string; file: string } {
  return data.valList === null
    ? { list: data.classifierList ?? data.trainList, file: "training.json" }
    : { list: data.valList, file: "validation.json" };
}
