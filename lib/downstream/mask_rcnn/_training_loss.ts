/** The loss of Mask R-CNN's training, which Workers make again from its settings. */
import { type Backbone, type BackboneChoice, createBackbone } from "../../nn/mod.ts";
import { tf } from "../../tensor/mod.ts";
import type { LossFunction } from "../../tensor/wasm/data_parallel.ts";
import type { Params } from "../../weights/mod.ts";
import type { Boxes } from "./boxes.ts";
import { maskRcnnLoss, type MaskRcnnLossOptions, proposedRegions, type TrueView } from "./loss.ts";

/** What passes through the network at once. */
export interface MicroBatch {
  /** [b, crop, crop, 3], normalised. */
  readonly images: Float32Array;
  /** What is in them. */
  readonly views: readonly TrueView[];
  /** Images of the whole batch. */
  readonly batch: number;
  /** Proposals of each image, if they are found beforehand. */
  readonly proposed?: readonly Boxes[];
}

interface Settings extends Pick<MaskRcnnLossOptions, "settings" | "classes"> {
  /** Side of the images in pixels. */
  readonly crop: number;
}

export function trainingLoss(
  backbone: Backbone,
  { crop, settings, classes }: Settings,
): LossFunction<MicroBatch> {
  return (params, { images, views, batch, proposed }) =>
    tf.tidy(() => {
      const input = tf.tensor4d(images, [views.length, crop, crop, 3]);
      const { taps } = backbone.forward(params, input, { taps: true, detach: true });
      return maskRcnnLoss(params, taps, { taps: backbone.taps, settings, classes, views, side: crop, batch, proposed });
    });
}

/** Finds the proposals of a micro-batch beforehand, for backends that cannot read within a loss. */
export function propose(
  backbone: Backbone,
  { crop, settings }: Settings,
): (params: Params, micro: MicroBatch) => Promise<MicroBatch> {
  return async (params, micro) => {
    const taps = tf.tidy(() => {
      const input = tf.tensor4d(micro.images, [micro.views.length, crop, crop, 3]);
      return backbone.forward(params, input, { taps: true }).taps;
    });
    return { ...micro, proposed: await proposedRegions(params, taps, { taps: backbone.taps, settings, side: crop }) };
  };
}

export function createLoss({ choice, ...settings }: Settings & { choice: BackboneChoice }): LossFunction<MicroBatch> {
  return trainingLoss(createBackbone(choice), settings);
}
