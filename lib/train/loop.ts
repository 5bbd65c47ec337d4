import type { NamedTensors } from "../files/safetensors.ts";
import { disposeParams } from "../weights/params.ts";
import { nonFinite, restoreState, trainingState } from "./checkpoint.ts";
import { type GradientSource, openGradients } from "./gradients.ts";
import type { GradientOptions } from "./loss.ts";
import { createOptimiser, learningRateAt, type OptimiserSettings } from "./optimiser.ts";

/** One batch, cut into what passes through the network at once. */
export interface Batch<M> {
  /** Ids of its images, for messages. */
  readonly ids: readonly string[];
  /** The micro-batches. */
  readonly micro: readonly M[];
}

/** Report of a training step: a line of the stage's log. */
export interface StepReport {
  /** The step, from 0. */
  readonly step: number;
  /** Loss of its batch. */
  readonly loss: number;
  /** Learning rate, before factors. */
  readonly learningRate: number;
  /** The loss in parts, where the network's has any: not the same for all that they add up to the loss. */
  readonly parts?: Readonly<Record<string, number>>;
}

/** Checkpoints and reports of a training. */
export interface TrainingHooks {
  /** A state that {@linkcode TrainingHooks.checkpoint} was given, to continue from. */
  readonly resume?: NamedTensors;
  /** Steps between checkpoints. One is made after the last step and on interrupt, too. */
  readonly checkpointEvery?: number;
  /** Stores a state, from which training continues with the same numbers as if it had never stopped. */
  checkpoint?(state: NamedTensors): Promise<void>;
  /** Told after every step. */
  onStep?(report: StepReport): void | Promise<void>;
  /** Stops training after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
}

/** Options of {@linkcode trainLoop}. */
export interface TrainLoopOptions<M> extends GradientOptions<M>, TrainingHooks {
  /** Factor on the learning rate of a parameter; 1 where absent. */
  readonly factor?: (name: string) => number;
  /** Method and schedule. */
  readonly optimiser: OptimiserSettings;
  /** Number of steps. */
  readonly steps: number;
  /** The batch of a step: the same for the same step. It is asked for while the step before is computed. */
  batch(step: number): Promise<Batch<M>>;
}

/**
 * Trains parameters by gradient descent, one batch a step.
 *
 * @param options Parameters, loss, batches, and what to do between steps.
 * @throws Error naming step and images where the loss, or a parameter at a checkpoint, is not finite; the checkpoint
 * before stays as it is.
 * @throws The signal's reason if it was aborted, after a checkpoint.
 */
export async function trainLoop<M>(options: TrainLoopOptions<M>): Promise<void> {
  const { params, trainable, steps, checkpointEvery = Infinity, signal } = options;
  signal?.throwIfAborted();
  const optimiser = createOptimiser(options.optimiser, options.factor);
  const trained = { params, trainable, optimiser };
  let step = options.resume ? restoreState(options.resume, trained) : 0;
  let next = step < steps ? prefetch(options, step) : null;
  let source: GradientSource<M> | null = null;
  try {
    while (next) {
      const batch = await next;
      next = step + 1 < steps ? prefetch(options, step + 1) : null;
      const learningRate = learningRateAt(options.optimiser, { step, steps });
      source ??= await openGradients(options, batch.micro);
      const { loss, gradients, ...noted } = await source.of(batch.micro);
      if (Number.isFinite(loss)) optimiser.update(params, gradients, { learningRate, step });
      disposeParams(gradients);
      if (!Number.isFinite(loss)) throw nonFinite(`loss at step ${step}`, loss, batch.ids);
      await options.onStep?.({ step, loss, learningRate, ...noted });
      step++;
      if (options.checkpoint && (step === steps || signal?.aborted || step % checkpointEvery === 0)) {
        await options.checkpoint(await trainingState(step, { ...trained, ids: batch.ids }));
      }
      if (next) signal?.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve)); // lets signals and workers through between blocking steps
    }
  } finally {
    source?.close();
    optimiser.dispose();
  }
}

/** Asks for a batch; an error is thrown where the batch is awaited, if it ever is. */
function prefetch<M>({ batch }: TrainLoopOptions<M>, step: number): Promise<Batch<M>> {
  const promise = batch(step);
  promise.catch(() => {});
  return promise;
}
