import { random } from "../../data/mod.ts";
import { type Backbone, initialise } from "../../nn/mod.ts";
import { tf } from "../../tensor/mod.ts";
import type { Task, TrainingSettings } from "../../train/mod.ts";
import { augmentInstances, type InstanceLabels, type InstanceView, type TrainingView } from "./augment_instances.ts";
import type { Boxes } from "./boxes.ts";
import { maskRcnnLoss, proposedRegions } from "./loss.ts";
import { maskRcnnGain, maskRcnnParameters, type MaskRcnnSettings } from "./network.ts";

/** Settings of {@linkcode maskRcnnTask}. */
export interface MaskRcnnTaskSettings extends MaskRcnnSettings {
  /** Crop and schedule; `scale`: range of the random scale. */
  readonly training: TrainingSettings & { readonly scale: readonly [number, number] };
  /** Number of classes without the background. */
  readonly classes: number;
}

/** Instances of images, of which the loss is a fraction of the batch's. */
export interface MaskRcnnTargets {
  /** Instances of each image, and the key of its draws. */
  readonly views: readonly TrainingView[];
  /** Images of the whole batch. */
  readonly batch: number;
  /** Proposals of each image, where they are found beforehand. */
  readonly proposed?: readonly Boxes[];
}

/**
 * Mask R-CNN on instance masks: the layers above the backbone, and those of the backbone that also change when it is
 * trained for CAMs. Statistics of batch norms stay as they are.
 */
export function maskRcnnTask(
  backbone: Backbone,
  settings: MaskRcnnTaskSettings,
): Task<InstanceLabels, InstanceView & TrainingView, MaskRcnnTargets> {
  const { training, classes } = settings, { crop, scale, optimiser } = training;
  const heads = maskRcnnParameters(backbone.taps, settings), names = new Set(heads.map(({ name }) => name));
  const common = { taps: backbone.taps, settings, side: crop };
  return {
    name: "mask_rcnn",
    origin: { module: import.meta.url, name: "maskRcnnTask", settings },
    backbone,
    training,
    parameters: [...backbone.parameters, ...heads],
    initialise: (seed) => initialise(heads, { seed, method: "he", gain: maskRcnnGain(heads) }),
    trains: ({ name }) => names.has(name) || backbone.trainsForCam(name),
    rate: (name) => names.has(name) ? optimiser.headFactor : 1,
    view: ({ image, label: instances }, key) => {
      const { preprocess } = backbone;
      return { ...augmentInstances({ image, instances }, { preprocess, crop, scale, draw: random(...key) }), key };
    },
    collate: ({ length: batch }) => (part) => ({
      // Without the single images, which Workers would be sent a second time.
      views: part.map(({ boxes, classes, masks, key }) => ({ boxes, classes, masks, key })),
      batch,
    }),
    loss: (params, { images, targets }) => {
      const { taps } = backbone.forward(params, images, { taps: true, detach: true });
      return maskRcnnLoss(params, taps, { ...common, classes, ...targets });
    },
    prepare: async (params, { images, targets }) => {
      const taps = tf.tidy(() => backbone.forward(params, images, { taps: true }).taps);
      return { ...targets, proposed: await proposedRegions(params, taps, common) };
    },
  };
}
