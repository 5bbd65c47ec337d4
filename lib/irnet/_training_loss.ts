/** The loss of IRNet's training, which Workers make again from its settings. */
import { type Backbone, type BackboneChoice, createBackbone } from "../nn/mod.ts";
import { pathIndex } from "../relation/mod.ts";
import * as tf from "../tensor/tf.ts";
import { withoutGradient } from "../tensor/mod.ts";
import type { LossFunction } from "../tensor/wasm/data_parallel.ts";
import { irnetLoss, type PairCounts } from "./losses.ts";
import { boundaryBranch, displacementBranch } from "./network.ts";

/** What passes through the network at once. */
export interface MicroBatch {
  /** [b, crop, crop, 3], normalised. */
  readonly images: Float32Array;
  /** One label map an image at stride 4, [crop/4, crop/4]. */
  readonly labels: readonly Uint8Array[];
  /** Numbers of pairs of the whole batch, by which the losses are divided. */
  readonly counts: PairCounts;
}

interface Settings {
  /** Side of the images in pixels. */
  readonly crop: number;
  /** Radius of pixel pairs, in pixels at stride 4. */
  readonly radius: number;
  /** Weight of the background displacement loss. */
  readonly backgroundDisplacement: number;
}

export function trainingLoss(
  backbone: Backbone,
  { crop, radius, backgroundDisplacement }: Settings,
): LossFunction<MicroBatch> {
  const index = pathIndex(radius);
  return (params, { images, labels, counts }) => {
    const taps = withoutGradient(() => {
      const input = tf.tensor4d(images, [labels.length, crop, crop, 3]);
      return backbone.forward(params, input, { taps: true }).taps;
    });
    return irnetLoss(
      boundaryBranch(params, taps, backbone.taps),
      displacementBranch(params, taps, backbone.taps),
      { labels, index, counts, backgroundDisplacement },
    );
  };
}

export function createLoss({ choice, ...settings }: Settings & { choice: BackboneChoice }): LossFunction<MicroBatch> {
  return trainingLoss(createBackbone(choice), settings);
}
