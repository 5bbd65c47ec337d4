/**
 * Order and batches of a training's images: they depend on the seed and the step alone.
 * @module
 */
import { random } from "../data/random.ts";

/** Options of {@linkcode epochOrder}. */
export interface EpochOrderOptions {
  /** The run's seed. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
}

/**
 * Shuffles the images of an epoch of training, as the seed and the epoch alone say.
 *
 * @param items Ids, or anything else; left as they are.
 * @returns The same items in another order.
 */
export function epochOrder<T>(items: readonly T[], { seed, epoch }: EpochOrderOptions): T[] {
  const order = [...items];
  const draw = random(seed, "order", epoch);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Length of a training. */
export interface Schedule {
  /** Images a step; the last partial batch of an epoch is left out. */
  readonly batch: number;
  /** Passes over the images. */
  readonly epochs: number;
}

/** Number of steps of a training: whole batches an epoch, at least one. */
export function trainingSteps(images: number, { batch, epochs }: Schedule): number {
  return Math.max(1, Math.floor(images / batch)) * epochs;
}

/** Images of a step of a training. */
export interface EpochBatch {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Place of the first image in the epoch's order: with the epoch, the key of its random numbers. */
  readonly first: number;
  /** The images. */
  readonly ids: string[];
}

/**
 * Picks the images of a step, the same for the same step.
 *
 * @param images All images.
 * @param options Seed of the run, step from 0, images a step.
 */
export function epochBatch(
  images: readonly string[],
  { seed, step, batch }: { readonly seed: number; readonly step: number; readonly batch: number },
): EpochBatch {
  const perEpoch = trainingSteps(images.length, { batch, epochs: 1 });
  const epoch = Math.floor(step / perEpoch), first = (step % perEpoch) * batch;
  return { epoch, first, ids: epochOrder(images, { seed, epoch }).slice(first, first + batch) };
}

/**
 * Stacks views of equal size.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `views` | B × […] | f32 | |
 * | returns | [B, …] | f32 | one after another |
 */
export function stackViews(views: readonly Float32Array[]): Float32Array {
  const size = views[0]?.length ?? 0, stack = new Float32Array(views.length * size);
  views.forEach((view, i) => stack.set(view, i * size));
  return stack;
}
