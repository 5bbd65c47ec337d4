/** The loss of DeepLab's training, which Workers make again from its settings. */
import { type Backbone, type BackboneChoice, createBackbone } from "../../nn/mod.ts";
import { tf, upsampleBilinear } from "../../tensor/mod.ts";
import type { LossFunction } from "../../tensor/wasm/data_parallel.ts";
import { segmentationLoss } from "./loss.ts";
import { pyramid } from "./network.ts";

/** What passes through the network at once. */
export interface MicroBatch {
  /** [b, crop, crop, 3], normalised. */
  readonly images: Float32Array;
  /** [b, crop, crop]. */
  readonly labels: Uint8Array;
  /** Labelled pixels of the whole batch. */
  readonly count: number;
}

interface Settings {
  /** Side of the images in pixels. */
  readonly crop: number;
}

export function trainingLoss(backbone: Backbone, { crop }: Settings): LossFunction<MicroBatch> {
  return (params, { images, labels, count }) =>
    tf.tidy(() => {
      const input = tf.tensor4d(images, [labels.length / crop ** 2, crop, crop, 3]);
      const logits = pyramid(params, backbone.forward(params, input).features);
      return segmentationLoss(upsampleBilinear(logits, [crop, crop]), { labels, count });
    });
}

export function createLoss({ choice, ...settings }: Settings & { choice: BackboneChoice }): LossFunction<MicroBatch> {
  return trainingLoss(createBackbone(choice), settings);
}
