/** The loss of AffinityNet's training, which Workers make again from its settings. */
import { type Backbone, type BackboneChoice, createBackbone } from "../../nn/mod.ts";
import { pathIndex } from "../../relation/mod.ts";
import { tf } from "../../tensor/mod.ts";
import type { LossFunction } from "../../tensor/wasm/data_parallel.ts";
import { type AffinityCounts, affinityNetLoss } from "./loss.ts";
import { AFFINITY_STRIDE, affinityFeatures } from "./network.ts";

/** What passes through the network at once. */
export interface MicroBatch {
  /** [b, crop, crop, 3], normalised. */
  readonly images: Float32Array;
  /** One label map an image at stride 8, [crop/8, crop/8]. */
  readonly labels: readonly Uint8Array[];
  /** Numbers of pairs of the whole batch, by which the losses are divided. */
  readonly counts: AffinityCounts;
}

interface Settings {
  /** Side of the images in pixels. */
  readonly crop: number;
  /** Radius of pixel pairs, in pixels at stride 8. */
  readonly radius: number;
}

export function trainingLoss(backbone: Backbone, { crop, radius }: Settings): LossFunction<MicroBatch> {
  const index = pathIndex(radius), side = Math.floor(crop / AFFINITY_STRIDE);
  return (params, { images, labels, counts }) =>
    tf.tidy(() => {
      const input = tf.tensor4d(images, [labels.length, crop, crop, 3]);
      const { taps } = backbone.forward(params, input, { taps: true, detach: true });
      return affinityNetLoss(affinityFeatures(params, taps, [side, side]), { labels, index, counts });
    });
}

export function createLoss({ choice, ...settings }: Settings & { choice: BackboneChoice }): LossFunction<MicroBatch> {
  return trainingLoss(createBackbone(choice), settings);
}
