import { augmentLabelled, type LabelMap, random, resizeLabel } from "../data/mod.ts";
import { pyramidGain } from "../downstream/deeplab/network.ts";
import { type Backbone, initialise } from "../nn/mod.ts";
import * as tf from "../tensor/tf.ts";
import type { ImageView, RandomKey, Task, TrainingSettings } from "../train/mod.ts";
import { amnHead, amnLoss, amnParameters, type LabelledPixels } from "./network.ts";

/** Settings of {@linkcode amnTask}. */
export interface AmnTaskSettings {
  /** Number of classes without the background. */
  readonly classes: number;
  /** Crop and schedule; `scale`: range of the random scale. */
  readonly training: TrainingSettings & { readonly scale: readonly [number, number] };
  /** Probability that the target of a pixel gives to the classes that it is not labelled with. */
  readonly smoothing: number;
}

/** What is known of a training image. */
export interface AmnLabel {
  /** 0-based classes that are in it. */
  readonly classes: readonly number[];
  /** Its confident labels: 0 background, 1… classes, 255 uncertain. */
  readonly map: LabelMap;
}

/** A view of an image and its labels. */
export interface AmnView extends ImageView {
  /** 0-based classes. */
  readonly classes: readonly number[];
  /** Labels at the stride of the features, [⌈crop/stride⌉, ⌈crop/stride⌉]. */
  readonly label: Uint8Array;
  /** Key of its dropout. */
  readonly key: RandomKey;
}

/** Names and labels of a part of a batch. */
export interface AmnTargets {
  /** 1 where a class is in the image, else 0, [b, classes]. */
  readonly present: Float32Array;
  /** [b, ⌈crop/stride⌉, ⌈crop/stride⌉]. */
  readonly labels: Uint8Array;
  /** Labelled pixels of the whole batch, by which the means are divided. */
  readonly counts: LabelledPixels;
  /** Keys of the images' dropout. */
  readonly keys: readonly RandomKey[];
}

/** Fraction of the features that dropout leaves out. */
const DROPOUT = 0.1;

/**
 * AMN on confident labels: the layers above the backbone, and those of the backbone that also change when it is trained
 * for CAMs.
 */
export function amnTask(backbone: Backbone, settings: AmnTaskSettings): Task<AmnLabel, AmnView, AmnTargets> {
  const { classes, training, smoothing } = settings, { crop, scale, optimiser } = training;
  const heads = amnParameters(backbone, classes), names = new Set(heads.map(({ name }) => name));
  const gate = heads.filter(({ name }) => name.startsWith("gate.")), rest = heads.slice(gate.length);
  const side = Math.ceil(crop / backbone.stride), size = { height: side, width: side };
  return {
    name: "amn",
    origin: { module: import.meta.url, name: "amnTask", settings },
    backbone,
    training,
    parameters: [...backbone.parameters, ...heads],
    initialise: (seed) => ({
      ...initialise(gate, { seed, method: "uniform" }),
      ...initialise(rest, { seed, method: "he", gain: pyramidGain(backbone) }),
    }),
    trains: ({ name }) => names.has(name) || backbone.trainsForCam(name),
    rate: (name) => names.has(name) ? optimiser.headFactor : 1,
    view: ({ image, label: { classes, map } }, key) => {
      const { preprocess } = backbone;
      const view = augmentLabelled({ image, label: map }, { preprocess, crop, scale, draw: random(...key) });
      const label = resizeLabel({ height: crop, width: crop, data: view.label }, size).data;
      return { image: view.image, classes, label, key };
    },
    collate: (batch) => {
      const counts = { background: 0, foreground: 0 };
      for (const { label } of batch) {
        for (const id of label) if (id !== 255) counts[id === 0 ? "background" : "foreground"]++;
      }
      return (part) => {
        const present = new Float32Array(part.length * classes), labels = new Uint8Array(part.length * side * side);
        part.forEach((view, i) => {
          for (const c of view.classes) present[i * classes + c] = 1;
          labels.set(view.label, i * side * side);
        });
        return { present, labels, counts, keys: part.map(({ key }) => key) };
      };
    },
    loss: (params, { images, targets: { present, labels, counts, keys } }) => {
      const { features } = backbone.forward(params, images, { detach: true }); // [b, side, side, D]
      const logits = amnHead(params, features, {
        present: tf.tensor2d(present, [keys.length, classes]),
        keep: tf.tensor4d(dropout(keys, features.size / keys.length), features.shape),
      });
      return amnLoss(logits, { labels, counts, smoothing });
    },
  };
}

/** 0 for a tenth of the features of each image, else what keeps their mean; drawn from each image's key. */
function dropout(keys: readonly RandomKey[], size: number): Float32Array {
  const keep = new Float32Array(keys.length * size), kept = 1 / (1 - DROPOUT);
  keys.forEach((key, n) => {
    const draw = random(...key, "dropout");
    for (let i = n * size; i < (n + 1) * size; i++) keep[i] = draw() < DROPOUT ? 0 : kept;
  });
  return keep;
}
