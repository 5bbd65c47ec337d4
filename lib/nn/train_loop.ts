import * as tf from "../tensor/tf.ts";
import type { LossFunction, LossModule } from "../tensor/wasm/data_parallel.ts";
import { disposeParams, type Params } from "../weights/params.ts";
import type { NamedTensors } from "../files/safetensors.ts";
import { type GradientSource, openGradients } from "./_gradients.ts";
import { createOptimiser, learningRateAt, type Optimiser, type OptimiserSettings } from "./optimiser.ts";

/** One batch, cut into what passes through the network at once. */
export interface Batch<M> {
  /** Ids of its images, for messages. */
  readonly ids: readonly string[];
  /** The micro-batches. */
  readonly micro: readonly M[];
}

/** What a training step reports. */
export interface StepReport {
  /** The step, from 0. */
  readonly step: number;
  /** Loss of its batch. */
  readonly loss: number;
  /** Learning rate, before factors. */
  readonly learningRate: number;
}

/** Options of {@linkcode trainLoop}. */
export interface TrainLoopOptions<M> {
  /** All parameters of the network; those trained are replaced in place, and their old tensors disposed. */
  params: Params;
  /** Names of those to train. */
  trainable: readonly string[];
  /** What the loss sees instead of parameters that are not trained, such as folded ones. */
  frozen?: Params;
  /** Factor on the learning rate of a parameter; 1 where absent. */
  factor?: (name: string) => number;
  /** Method and schedule. */
  optimiser: OptimiserSettings;
  /** Number of steps. */
  steps: number;
  /** The batch of a step: the same for the same step. It is asked for while the step before is computed. */
  batch(step: number): Promise<Batch<M>>;
  /**
   * Loss of a micro-batch, a scalar. Losses of the micro-batches of a batch add up to the loss of the batch, so that
   * their summed gradients are exactly its gradient.
   */
  loss: LossFunction<M>;
  /**
   * Completes a micro-batch with what the loss would have to read from tensors in between, where a backend cannot do
   * that at once. It is not called in Workers.
   */
  prepare?(params: Params, micro: M): Promise<M>;
  /**
   * Where Workers find the same loss. With it the backend `wasm`, which has one thread, computes the micro-batches of a
   * batch on several, with the same numbers. Each Worker holds the parameters and a micro-batch's activations of its own.
   */
  lossInWorkers?: LossModule<unknown>;
  /** Number of Workers; there are none for a batch of one micro-batch, or if they do not start. Default: 1: none. */
  workers?: number;
  /** A state that {@linkcode TrainLoopOptions.checkpoint} was given, to continue from. */
  resume?: NamedTensors;
  /** Steps between checkpoints. One is made after the last step and on interrupt, too. */
  checkpointEvery?: number;
  /** Stores a state, from which training continues with the same numbers as if it had never stopped. */
  checkpoint?(state: NamedTensors): Promise<void>;
  /** Told after every step. */
  onStep?(report: StepReport): void | Promise<void>;
  /** Stops training after the current step, with a checkpoint. */
  signal?: AbortSignal;
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
  const { params, steps, checkpointEvery = Infinity, signal } = options;
  signal?.throwIfAborted();
  const optimiser = createOptimiser(options.optimiser, options.factor);
  let step = options.resume ? restore(options.resume, options, optimiser) : 0;
  let next = step < steps ? prefetch(options, step) : null;
  let source: GradientSource<M> | null = null;
  try {
    while (next) {
      const batch = await next;
      next = step + 1 < steps ? prefetch(options, step + 1) : null;
      const learningRate = learningRateAt(options.optimiser, { step, steps });
      source ??= await openGradients(options, batch.micro);
      const { loss, gradients } = await source.of(batch.micro);
      if (Number.isFinite(loss)) optimiser.update(params, gradients, { learningRate, step });
      disposeParams(gradients);
      if (!Number.isFinite(loss)) throw notFinite(`loss at step ${step}`, loss, batch.ids);
      await options.onStep?.({ step, loss, learningRate });
      step++;
      if (options.checkpoint && (step === steps || signal?.aborted || step % checkpointEvery === 0)) {
        await options.checkpoint(await trainingState(step, { options, optimiser, ids: batch.ids }));
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

/** Everything that training continues from; values are laid out as in memory. */
async function trainingState<M>(
  step: number,
  { options: { params, trainable }, optimiser, ids }: {
    options: TrainLoopOptions<M>;
    optimiser: Optimiser;
    ids: readonly string[];
  },
): Promise<NamedTensors> {
  const state: NamedTensors = { step: { shape: [], data: Float32Array.of(step) } };
  for (const name of trainable) {
    const data = await params[name]!.data() as Float32Array;
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw notFinite(`parameter ${name} after step ${step - 1}`, bad, ids);
    state[`parameter/${name}`] = { shape: [...params[name]!.shape], data };
  }
  for (const [key, tensor] of Object.entries(await optimiser.state())) state[`optimiser/${key}`] = tensor;
  return state;
}

/** Puts a state back and returns its step. */
function restore<M>(
  state: NamedTensors,
  { params, trainable }: TrainLoopOptions<M>,
  optimiser: Optimiser,
): number {
  const expected = ["step", ...trainable.map((name) => `parameter/${name}`)];
  const found = Object.keys(state).filter((key) => !key.startsWith("optimiser/"));
  const difference = [
    ...expected.filter((key) => !found.includes(key)),
    ...found.filter((key) => !expected.includes(key)),
  ];
  if (difference.length > 0) {
    throw new Error(
      `Expected a state of these ${trainable.length} parameters but found a difference in ${difference.join(", ")}`,
    );
  }
  const moments: NamedTensors = {};
  for (const [key, tensor] of Object.entries(state)) {
    const [kind, name] = [key.slice(0, key.indexOf("/")), key.slice(key.indexOf("/") + 1)];
    if (kind === "optimiser") moments[name] = tensor;
    if (kind !== "parameter") continue;
    if (String(params[name]?.shape) !== String(tensor.shape)) {
      throw new Error(`Expected ${name} [${params[name]?.shape}] in the state but found [${tensor.shape}]`);
    }
    params[name]!.dispose();
    params[name] = tf.tensor(tensor.data, tensor.shape, "float32");
  }
  optimiser.restore(moments);
  return state["step"]!.data[0]!;
}

function notFinite(what: string, value: number, ids: readonly string[]): Error {
  return new Error(`Expected a finite ${what} but found ${value}; images of the batch: ${ids.join(", ")}`);
}
