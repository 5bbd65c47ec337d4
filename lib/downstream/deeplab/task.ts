import { augmentLabelled, type LabelMap, random } from "../../data/mod.ts";
import { type Backbone, initialise } from "../../nn/mod.ts";
import { upsampleBilinear } from "../../tensor/mod.ts";
import type { ImageView, Task, TrainingSettings } from "../../train/mod.ts";
import { isTrainable } from "../../weights/mod.ts";
import { pyramid, pyramidGain, pyramidParameters, segmentationLoss } from "./network.ts";

/** Settings of {@linkcode deepLabTask}. */
export interface DeepLabTaskSettings {
  /** Number of classes with the background. */
  readonly labels: number;
  /** Crop and schedule; `scale`: range of the random scale. */
  readonly training: TrainingSettings & { readonly scale: readonly [number, number] };
}

/** A view of an image and its labels. */
export interface DeepLabView extends ImageView {
  /** [crop, crop]. */
  readonly label: Uint8Array;
}

/** Labels that the loss compares with. */
export interface DeepLabTargets {
  /** [b, crop, crop]. */
  readonly labels: Uint8Array;
  /** Labelled pixels of the whole batch. */
  readonly count: number;
}

/**
 * DeepLab on label maps: backbone and pyramid. Labels are maps of an image's size: 0 background, 1… class, 255 is left
 * out.
 */
export function deepLabTask(
  backbone: Backbone,
  settings: DeepLabTaskSettings,
): Task<LabelMap, DeepLabView, DeepLabTargets> {
  const { training, labels } = settings, { crop, scale, optimiser } = training;
  const heads = pyramidParameters(backbone, labels), names = new Set(heads.map(({ name }) => name));
  return {
    name: "deeplab",
    origin: { module: import.meta.url, name: "deepLabTask", settings },
    backbone,
    training,
    parameters: [...backbone.parameters, ...heads],
    initialise: (seed) => initialise(heads, { seed, method: "he", gain: pyramidGain(backbone) }),
    trains: isTrainable,
    rate: (name) => names.has(name) ? optimiser.headFactor : 1,
    view: (sample, key) => {
      const { preprocess } = backbone;
      return augmentLabelled(sample, { preprocess, crop, scale, draw: random(...key) });
    },
    collate: (batch) => {
      let count = 0;
      for (const { label } of batch) for (const id of label) if (id !== 255) count++;
      return (part) => {
        const labels = new Uint8Array(part.length * crop * crop);
        part.forEach(({ label }, i) => labels.set(label, i * crop * crop));
        return { labels, count };
      };
    },
    loss: (params, { images, targets }) => {
      const logits = pyramid(params, backbone.forward(params, images).features); // [b, crop/stride, crop/stride, labels]
      return segmentationLoss(upsampleBilinear(logits, [crop, crop]), targets);
    },
  };
}
