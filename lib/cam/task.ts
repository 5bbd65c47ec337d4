import { augmentClassification } from "../data/augment.ts";
import { random } from "../data/random.ts";
import type { Backbone } from "../nn/backbone.ts";
import { initialise } from "../nn/initialise.ts";
import * as tf from "../tensor/tf.ts";
import type { ImageView, Task, TrainingSettings } from "../train/task.ts";
import { isTrainable } from "../weights/params.ts";
import { camLogits, classifierParameters, multilabelSoftMargin } from "./network.ts";

/** Settings of {@linkcode camTask}. */
export interface CamTaskSettings {
  /** Number of classes. */
  readonly classes: number;
  /** Crop and schedule; `resizeLong`: least and greatest longer side of an image in pixels, `null`: as it is. */
  readonly training: TrainingSettings & { readonly resizeLong: readonly [number, number] | null };
}

/** Settings of {@linkcode backboneTask}. */
export interface BackboneTaskSettings {
  /** Number of classes. */
  readonly classes: number;
  /**
   * Crop and schedule; `scale`: range of the random scale; `shift`: largest shift of the image's middle as a fraction of the
   * crop's side; `colourJitter`: strength of random brightness, contrast and saturation, 0 to 1.
   */
  readonly training: TrainingSettings & {
    readonly scale: readonly [number, number];
    readonly shift: number;
    readonly colourJitter: number;
  };
}

/** A view of an image, and which classes are in it. */
export interface ClassifierView extends ImageView {
  /** 0-based classes. */
  readonly classes: readonly number[];
}

/** Classes of images, of which the loss is a fraction of the batch's. */
export interface ClassifierTargets {
  /** 1 where a class is in the image, else 0, [b, classes]. */
  readonly labels: Float32Array;
  /** One over the number of images in the whole batch. */
  readonly fraction: number;
}

/** Task of a classifier; labels are the 0-based classes of an image. */
export type ClassifierTask = Task<readonly number[], ClassifierView, ClassifierTargets>;

/**
 * Makes the task of the classifier whose class attention maps start everything (paper: Class Attention Maps). Its
 * backbone has weights: the classifier and the layers that the backbone trains for CAMs change, the others are
 * constants.
 */
export function camTask(backbone: Backbone, settings: CamTaskSettings): ClassifierTask {
  const { crop, resizeLong } = settings.training, { preprocess } = backbone;
  return {
    ...classifier(backbone, { ...settings, detach: true }),
    name: "cam",
    origin: { module: import.meta.url, name: "camTask", settings },
    trains: ({ name }) => name === "classifier.weight" || backbone.trainsForCam(name),
    view: ({ image, label }, key) => ({
      image: augmentClassification(image, { preprocess, crop, resizeLong, draw: random(...key) }),
      classes: label,
    }),
  };
}

/** A backbone from scratch, for those that have no weights of ImageNet: all its layers, and a classifier on top. */
export function backboneTask(backbone: Backbone, settings: BackboneTaskSettings): ClassifierTask {
  const { crop, scale, shift, colourJitter } = settings.training, { preprocess } = backbone;
  const common = classifier(backbone, { ...settings, detach: false });
  return {
    ...common,
    name: "backbone",
    origin: { module: import.meta.url, name: "backboneTask", settings },
    initialise: (seed) => ({ ...backbone.initialise(seed), ...common.initialise(seed) }),
    trains: isTrainable,
    view: ({ image, label }, key) => ({
      image: augmentClassification(image, { preprocess, crop, scale, shift, colourJitter, draw: random(...key) }),
      classes: label,
    }),
  };
}

/** Parts of a task that both trainings have. */
function classifier(
  backbone: Backbone,
  { classes, training, detach }: { classes: number; training: TrainingSettings; detach: boolean },
): Omit<ClassifierTask, "name" | "origin" | "trains" | "view"> {
  const head = classifierParameters(backbone, classes);
  return {
    backbone,
    training,
    parameters: [...backbone.parameters, ...head],
    initialise: (seed) => initialise(head, { seed, method: "uniform" }),
    rate: (name) => name === "classifier.weight" ? training.optimiser.headFactor : 1,
    collate: (batch) => (part) => {
      const labels = new Float32Array(part.length * classes);
      part.forEach((view, i) => view.classes.forEach((c) => labels[i * classes + c] = 1));
      return { labels, fraction: 1 / batch.length };
    },
    loss: (params, { images, targets: { labels, fraction } }) => {
      const logits = camLogits({ backbone, params }, images, { detach }); // [b, classes]
      return multilabelSoftMargin(logits, tf.tensor2d(labels, logits.shape)).mul<tf.Scalar>(fraction);
    },
  };
}
