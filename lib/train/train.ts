import type { RgbImage } from "../data/image.ts";
import * as tf from "../tensor/tf.ts";
import { disposeParams, type Params } from "../weights/params.ts";
import { epochBatch, stackViews, trainingSteps } from "./epochs.ts";
import { type Batch, type TrainingHooks, trainLoop } from "./loop.ts";
import { imagesOf, type ImageView, type MicroBatch, type Task, taskLoss } from "./task.ts";

/** Module that Workers make the loss of a task in. */
const LOSS_MODULE = new URL("./task.ts", import.meta.url);

/** Bytes of decoded images that a training keeps. */
const ROOM = 1 << 26;

/** Options of {@linkcode train}. */
export interface TrainOptions<L> extends TrainingHooks {
  /** All parameters of the task; those trained are replaced in place, and their old tensors disposed. */
  readonly params: Params;
  /** Seed of order, views and draws. */
  readonly seed: number;
  /** Images to train on. */
  readonly ids: readonly string[];
  /** Reads an image. */
  image(id: string): Promise<RgbImage>;
  /** Reads the label of an image. */
  label(id: string): L | Promise<L>;
  /**
   * Number of Workers that share a step on `wasm`, which has one thread; the numbers stay the same. Default: 1: none.
   */
  readonly workers?: number;
}

/**
 * Trains a network on random views of images.
 *
 * A step's images, views and draws depend on the seed and the step alone: training that is resumed, or shared among
 * Workers, gives the same bytes. Only micro-batches pass through the network at once, whatever the batch.
 *
 * @param task The network.
 * @param options Parameters, images and labels, and what to do between steps.
 * @throws Error naming step and images where the loss, or a parameter at a checkpoint, is not finite.
 * @throws The signal's reason if it was aborted, after a checkpoint.
 * @example
 * ```ts ignore
 * const task = deepLabTask(backbone, { training, labels: 21 });
 * const params = toParams({ ...weights, ...task.initialise(seed) }, task.parameters);
 * await train(task, { params, seed, ids, image: dataset.readImage, label: (id) => readLabels(id) });
 * ```
 */
export async function train<L, V extends ImageView, T>(task: Task<L, V, T>, options: TrainOptions<L>): Promise<void> {
  const { backbone, training, origin } = task, { params, ids } = options;
  const trainable = task.parameters.filter((spec) => task.trains(spec)).map(({ name }) => name),
    known = new Set(trainable);
  const frozen = backbone.fold(Object.fromEntries(Object.entries(params).filter(([name]) => !known.has(name))));
  try {
    await trainLoop<MicroBatch<T>>({
      ...options,
      trainable,
      frozen,
      factor: (name) => task.rate(name),
      optimiser: training.optimiser,
      steps: trainingSteps(ids.length, training),
      batch: batches(task, options),
      loss: taskLoss(task),
      parts: task.parts,
      ...(task.prepare && tf.getBackend() === "webgpu" ? { prepare: prepared(task) } : {}),
      ...(backbone.choice
        ? { lossInWorkers: { module: LOSS_MODULE, settings: { choice: backbone.choice, origin } } }
        : {}),
    });
  } finally {
    disposeParams(frozen);
  }
}

/** Makes the batch of a step. */
function batches<L, V extends ImageView, T>(
  task: Task<L, V, T>,
  { ids, seed, image, label }: TrainOptions<L>,
): (step: number) => Promise<Batch<MicroBatch<T>>> {
  const { name, training: { batch, microBatch } } = task, read = remembered(image);
  return async (step) => {
    const { epoch, first, ids: chosen } = epochBatch(ids, { seed, step, batch });
    const views: V[] = [];
    for (const [i, id] of chosen.entries()) {
      views.push(task.view({ image: await read(id), label: await label(id) }, [seed, name, epoch, first + i]));
    }
    const targets = task.collate(views), micro: MicroBatch<T>[] = [];
    for (let i = 0; i < views.length; i += microBatch) {
      const part = views.slice(i, i + microBatch);
      micro.push({ images: stackViews(part.map((view) => view.image)), targets: targets(part) });
    }
    return { ids: chosen, micro };
  };
}

/** Completes micro-batches outside of the loss. */
function prepared<L, V extends ImageView, T>(
  task: Task<L, V, T>,
): (params: Params, micro: MicroBatch<T>) => Promise<MicroBatch<T>> {
  return async (params, micro) => {
    const images = imagesOf(micro, task.training);
    try {
      return { ...micro, targets: await task.prepare!(params, { images, targets: micro.targets }) };
    } finally {
      images.dispose();
    }
  };
}

/** Keeps decoded images while there is room: those of a small data set are decoded once, not in every epoch. */
function remembered(read: (id: string) => Promise<RgbImage>): (id: string) => Promise<RgbImage> {
  const known = new Map<string, RgbImage>();
  let room = ROOM;
  return async (id) => {
    const image = known.get(id) ?? await read(id);
    if (!known.has(id) && image.data.length <= room) {
      known.set(id, image);
      room -= image.data.length;
    }
    return image;
  };
}
