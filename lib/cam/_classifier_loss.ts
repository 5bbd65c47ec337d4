/** The loss of classifier training, which Workers make again from its settings. */
import type { Backbone, BackboneChoice } from "../nn/backbone.ts";
import { createBackbone } from "../nn/create_backbone.ts";
import type { LossFunction } from "../tensor/wasm/data_parallel.ts";
import * as tf from "../tensor/tf.ts";
import { multilabelSoftMargin } from "./loss.ts";
import { camLogits } from "./network.ts";

/** What passes through the network at once. */
export interface Images {
  readonly images: Float32Array;
  readonly labels: Float32Array;
  readonly shape: [number, number, number, number];
  /** One over the number of images in the whole batch. */
  readonly share: number;
}

interface Settings {
  /** Whether the layers that CAM training leaves alone are constants. */
  readonly detach: boolean;
}

export function classifierLoss(backbone: Backbone, { detach }: Settings): LossFunction<Images> {
  return (params, { images, labels, shape, share }) =>
    tf.tidy(() => {
      const logits = camLogits({ backbone, params }, tf.tensor4d(images, shape), { detach });
      return multilabelSoftMargin(logits, tf.tensor2d(labels, logits.shape)).mul<tf.Scalar>(share);
    });
}

export function createLoss({ choice, ...settings }: Settings & { choice: BackboneChoice }): LossFunction<Images> {
  return classifierLoss(createBackbone(choice), settings);
}
