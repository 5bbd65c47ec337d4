import { classifyImage } from "../cam/mod.ts";
import { resizeImage, scaledSize } from "../data/resize.ts";
import type { ImageStage, StageFiles } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { GIB, inferences, networkCost, square } from "./_cost.ts";
import { readJson } from "./_read.ts";
import { camNetwork } from "./cam_train.ts";

/** Scores of all classes, from which the classes of images without labels follow. */
export const classify: ImageStage = {
  kind: "image",
  name: "classify",
  section: "Class Attention Maps",
  reads: ["cam_train"],
  runs: "main",
  ignoresLabels: true,
  settings: ({ backbone, cam }) => ({ network: backbone.network, side: cam.training.crop }),
  ids: ({ config: { data }, dataset }) => dataset.list(data.inferList),
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, { forward, bytes } = networkCost(config), area = square(config.cam.training.crop);
      return {
        parts: [inferences(classify.ids(context).length, { cost: forward * area, config, image })],
        bytes: 20 * config.data.classes.length,
        memory: 0.3 * GIB + bytes * area,
      };
    },
  },
  open: async (context) => {
    const { config, dataset } = context, network = await camNetwork(context);
    return {
      process: async (id) => {
        const image = await dataset.readImage(id), side = config.cam.training.crop;
        const factor = side / Math.max(image.height, image.width); // nothing of a large image is cut off
        const whole = factor < 1 ? resizeImage(image, scaledSize(image, factor)) : image;
        const logits = await classifyImage(network, whole, { side });
        return { [`${id}.json`]: new TextEncoder().encode(JSON.stringify(logits.map(probability))) };
      },
      close: () => disposeParams(network.params),
    };
  },
};

/** Probability that a class with this logit is in an image. */
export function probability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Probability of each class to be in an image. */
export function readScores(files: StageFiles, id: string): Promise<number[]> {
  return readJson(files, { stage: "classify", file: `${id}.json` });
}
