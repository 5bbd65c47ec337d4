/**
 * Loss of a training, and what its gradients are taken by.
 * @module
 */
import type * as tf from "../tensor/tf.ts";
import type { Params } from "../weights/params.ts";

/** Takes the parts of a loss, [n], which nobody trains by: they are logged. */
export type NoteParts = (parts: tf.Tensor1D) => void;

/** Loss of a micro-batch under all parameters, a scalar; if it has parts, `note` may be called with them. */
export type LossFunction<M> = (params: Params, micro: M, note?: NoteParts) => tf.Scalar;

/**
 * Function that a loss module exports as `createLoss`: it is called once in every Worker with the settings of its
 * {@linkcode LossModule} and returns the loss of a micro-batch.
 */
export type CreateLoss<M, S> = (settings: S) => LossFunction<M> | Promise<LossFunction<M>>;

/** Loss that can be made in Workers. */
export interface LossModule<S> {
  /** Module that exports `createLoss` (see {@linkcode CreateLoss}). */
  readonly module: URL;
  /** Argument of `createLoss`; anything that can be sent to a Worker. */
  readonly settings: S;
}

/** Loss and parameters of a training. */
export interface GradientOptions<M> {
  /** All parameters of the network; those trained are replaced in place, and their old tensors disposed. */
  readonly params: Params;
  /** Names of those to train. */
  readonly trainable: readonly string[];
  /** Tensors that the loss sees instead of parameters that are not trained, such as folded ones. */
  readonly frozen?: Params;
  /**
   * Loss of a micro-batch. Losses of the micro-batches of a batch add up to the loss of the batch, so that their summed
   * gradients are exactly its gradient.
   */
  readonly loss: LossFunction<M>;
  /** Names of the parts that the loss notes. */
  readonly parts?: readonly string[] | undefined;
  /**
   * Completes a micro-batch with what the loss would have to read from tensors in between, where a backend cannot do
   * that at once. It is not called in Workers.
   */
  prepare?(params: Params, micro: M): Promise<M>;
  /**
   * The same loss for Workers. With it the backend `wasm`, which has one thread, computes the micro-batches of a batch on
   * several, with the same numbers. Each Worker holds the parameters and a micro-batch's activations of its own.
   */
  readonly lossInWorkers?: LossModule<unknown>;
  /** Number of Workers; there are none for a batch of one micro-batch, or if they do not start. Default: 1: none. */
  readonly workers?: number;
}
