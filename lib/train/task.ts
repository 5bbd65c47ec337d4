/**
 * A network to train: what is special to it, and nothing else. The trainer does the rest.
 * @module
 */
import type { RgbImage } from "../data/image.ts";
import type { NamedTensors } from "../files/safetensors.ts";
import type { Backbone, BackboneChoice } from "../nn/backbone.ts";
import { createBackbone } from "../nn/create_backbone.ts";
import * as tf from "../tensor/tf.ts";
import type { ParameterSpec } from "../weights/params.ts";
import type { Params } from "../weights/params.ts";
import type { LossFunction, NoteParts } from "./loss.ts";
import type { OptimiserSettings } from "./optimiser.ts";

/** Crop and schedule of a training. */
export interface TrainingSettings {
  /** Side of the square crop in pixels. */
  readonly crop: number;
  /** Images a step; the last partial batch of an epoch is left out. */
  readonly batch: number;
  /** Images that pass through the network at once; gradients of a batch are summed, which is exact. */
  readonly microBatch: number;
  /** Passes over the images. */
  readonly epochs: number;
  /** Method and schedule; `headFactor` multiplies the learning rate of layers that the task names. */
  readonly optimiser: OptimiserSettings & { readonly headFactor: number };
}

/** An image and its label, of any kind. */
export interface Sample<L> {
  /** The image. */
  readonly image: RgbImage;
  /** Its label, such as a label map of its size. */
  readonly label: L;
}

/** Seed and keys of the random numbers of an image in an epoch: the arguments of `random()`. */
export type RandomKey = readonly [seed: number, ...keys: (number | string)[]];

/** A view of an image. */
export interface ImageView {
  /** Normalised values, [crop, crop, 3]. */
  readonly image: Float32Array;
}

/** Images that pass through the network at once, and what the loss compares its output with. */
export interface TaskBatch<T> {
  /** [b, crop, crop, 3], normalised. */
  readonly images: tf.Tensor4D;
  /** What `collate()` has made of their views. */
  readonly targets: T;
}

/** Origin of a task: what a Worker makes it again from. */
export interface TaskOrigin {
  /** URL of the module, `import.meta.url`. */
  readonly module: string;
  /** Name of the function in it, which takes a backbone and the settings, and returns the task. */
  readonly name: string;
  /** Settings that it was called with; anything that can be sent to a Worker. */
  readonly settings: unknown;
}

/**
 * A network to train.
 *
 * `L` is the label of an image, `V` a random view of image and label, and `T` what the loss compares the network's output
 * of a micro-batch with; views stay in this thread, targets are sent to Workers.
 */
export interface Task<L, V extends ImageView, T> {
  /** Name, which is part of the keys of its random numbers. */
  readonly name: string;
  /** Where Workers find it. */
  readonly origin: TaskOrigin;
  /** The network below. */
  readonly backbone: Backbone;
  /** Crop and schedule. */
  readonly training: TrainingSettings;
  /** All parameters, those of the backbone first. */
  readonly parameters: readonly ParameterSpec[];
  /** Draws parameters that have no weights to start from, in the layout of files; the same for the same seed. */
  initialise(seed: number): NamedTensors;
  /** Tells which parameters train. The others are constants, folded where that saves time. */
  trains(parameter: ParameterSpec): boolean;
  /** Factor on the learning rate of a parameter. */
  rate(name: string): number;
  /** A random view of an image and its label. @throws RangeError if they do not fit together. */
  view(sample: Sample<L>, key: RandomKey): V;
  /** Counts what the loss divides by over a whole batch, and returns what makes targets of a part of its views. */
  collate(batch: readonly V[]): (part: readonly V[]) => T;
  /**
   * Loss of a part of a batch, a scalar. Losses of the parts add up to the loss of the batch, so that their summed
   * gradients are exactly its gradient.
   */
  loss(params: Params, batch: TaskBatch<T>, note?: NoteParts): tf.Scalar;
  /** Names of the parts that the loss notes, which are logged beside it; they add up over parts of a batch too. */
  readonly parts?: readonly string[];
  /** Completes targets with what the loss would read from tensors in between, for `webgpu`, which cannot do so at once. */
  prepare?(params: Params, batch: TaskBatch<T>): Promise<T>;
}

/** A part of a batch as it is sent to a Worker. */
export interface MicroBatch<T> {
  /** [b, crop, crop, 3], normalised. */
  readonly images: Float32Array;
  /** What `collate()` has made of their views. */
  readonly targets: T;
}

/** Tensor of the images of a micro-batch, [b, crop, crop, 3]. */
export function imagesOf({ images }: MicroBatch<unknown>, { crop }: TrainingSettings): tf.Tensor4D {
  return tf.tensor4d(images, [images.length / (crop * crop * 3), crop, crop, 3]);
}

/** The loss of a task, of micro-batches. */
export function taskLoss<L, V extends ImageView, T>(task: Task<L, V, T>): LossFunction<MicroBatch<T>> {
  return (params, micro, note) =>
    tf.tidy(() => task.loss(params, { images: imagesOf(micro, task.training), targets: micro.targets }, note));
}

/** Settings of {@linkcode createLoss}. */
export interface TaskLossSettings {
  /** The backbone. */
  readonly choice: BackboneChoice;
  /** The task. */
  readonly origin: TaskOrigin;
}

/** The loss of a task in a Worker, made from its origin. @throws Error if the module exports no such function. */
export async function createLoss({ choice, origin }: TaskLossSettings): Promise<LossFunction<MicroBatch<unknown>>> {
  const make = (await import(origin.module))[origin.name];
  if (typeof make !== "function") {
    throw new Error(`Expected ${origin.module} to export ${origin.name} but found ${make}`);
  }
  return taskLoss(make(createBackbone(choice), origin.settings) as Task<unknown, ImageView, unknown>);
}
