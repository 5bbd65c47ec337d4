import { epochOrder } from "./epoch_order.ts";

/** Images a step, and passes over the images. */
export interface Schedule {
  /** Images a step; the last partial batch of an epoch is left out. */
  readonly batch: number;
  /** Passes over the images. */
  readonly epochs: number;
}

/** Steps of a training: whole batches an epoch, at least one. */
export function trainingSteps(images: number, { batch, epochs }: Schedule): number {
  return Math.max(1, Math.floor(images / batch)) * epochs;
}

/** What a step of a training looks at. */
export interface EpochBatch {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** Place of the first image in the epoch's order: with the epoch, the key of its random numbers. */
  readonly first: number;
  /** The images. */
  readonly ids: string[];
}

/**
 * The images of a step, the same for the same step.
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

/** Views of equal size one after another, [B, …] of [B] × […]. */
export function stackViews(views: readonly Float32Array[]): Float32Array {
  const size = views[0]?.length ?? 0, stack = new Float32Array(views.length * size);
  views.forEach((view, i) => stack.set(view, i * size));
  return stack;
}
