/**
 * EfficientNet-Lite0 on VOC's animals, with the settings that were chosen for it on `train`. Trains on a CPU.
 *
 * - command: `deno task pipeline --preset lite --voc-root datasets/VOCdevkit/VOC2012 --set data.instanceList=train
 *   --set backbone.weights=weights/efficientnet_lite0.safetensors`
 * - time: 1437 training images, pseudo labels for 437: 70 to 150 min with `tensorflow` on two cores
 * - memory: 2.7 GiB
 * - result on these, seed 0, with `synthesis.camPower` 1 and `synthesis.score` maximum as in the paper: pseudo instances
 *   AP50 51.1, AP70 26.3; pseudo semantic labels mIoU 67.1 at 0.25, 69.4 at 0.35; CAMs 51.1 at 0.15
 * @module
 */
import { merge } from "../merge.ts";
import type { Config } from "../schema.ts";
import { paper } from "./paper.ts";

/** Settings for EfficientNet-Lite0. */
export const lite: Config = merge(paper, {
  preset: "lite",
  data: { instanceList: "train_instance" },
  backbone: { network: "efficientnet_lite0", taps: "inner" },
  relation: { foreground: 0.35, background: 0.15 },
  // 449 steps of VOC's animals, a seventh of the steps of AMN's code: at four times its learning rate.
  amn: { training: { optimiser: { learningRate: 2e-5 } } },
  irnet: { training: { batch: 16, epochs: 6, backgroundDisplacement: 0.5 } },
  synthesis: { camPower: 1.6, score: "mean_area" }, // 1 and "maximum" are the paper's
  evaluation: {
    chosen: ["foreground=0.35", "background=0.15"].map((one) => `relation.${one} masks VOC's animals, train`),
  },
  downstream: {
    trainList: "train",
    trainInstanceList: "train_instance",
    valInstanceList: "val_instance",
    affinityNet: { training: { crop: 321, epochs: 3 } },
    deepLab: { training: { epochs: 8 } },
    maskRcnn: {
      training: {
        crop: 448,
        batch: 4,
        optimiser: { method: "adamw", learningRate: 1e-4, headFactor: 10, momentum: 0, weightDecay: 0.01 },
        scale: [0.75, 1.25],
      },
      pyramidWidth: 96,
      boxWidth: 512,
      maskWidth: 96,
      regions: 64,
      proposals: { perLevel: 300, most: 300 },
    },
  },
});
