/** Operations with a gradient of their own, computed lazily and freed early. */
import * as tf from "./tf.ts";

/** A differentiable operation with one output. */
interface Operation {
  /** Tensors that may need a gradient, by name. */
  readonly inputs: tf.NamedTensorMap;
  /** Computes the output; what is passed to `save` is handed to `backward`. */
  forward(save: (tensors: tf.Tensor[]) => void): tf.Tensor;
  /** One function for each input, called only where that gradient is needed. */
  backward(dy: tf.Tensor, saved: tf.Tensor[]): Record<string, () => tf.Tensor>;
}

/** What is used of TensorFlow.js's engine beyond its types: `tf.customGrad` computes all gradients, needed or not. */
interface Engine {
  runKernelFunc(
    operation: {
      forwardFunc(backend: unknown, save: (tensors: tf.Tensor[]) => void): tf.Tensor;
      backwardsFunc(dy: tf.Tensor, saved: tf.Tensor[]): Record<string, () => tf.Tensor>;
      inputs: tf.NamedTensorMap;
      attrs: Record<string, never>;
    },
  ): tf.Tensor;
}

/** Runs an operation, recording its gradient. */
export function differentiable({ inputs, forward, backward }: Operation): tf.Tensor {
  return (tf.engine() as unknown as Engine).runKernelFunc({
    forwardFunc: (_, save) => forward(save),
    backwardsFunc(dy, saved) {
      releaseSpent();
      const gradients = backward(dy, saved);
      deferDispose(dy, saved);
      return gradients;
    },
    inputs,
    attrs: {},
  });
}

/**
 * Tensors that the operation whose gradients were asked for last has no use for once the next operation's are.
 * TensorFlow.js itself keeps every activation and every activation's gradient until the whole backward pass is done.
 */
let spent: tf.Tensor[] = [];

/** Adds an intermediate result of `backward` that several of its gradients share. */
export function shareGradient<T extends tf.Tensor>(tensor: T): T {
  spent.push(tensor);
  return tensor;
}

function deferDispose(dy: tf.Tensor, saved: tf.Tensor[]): void {
  const { gradientDepth, activeScope } = tf.engine().state;
  // Inside another gradient computation the saved tensors are needed again.
  if (gradientDepth > 0) return;
  spent.push(...saved);
  // A gradient that the caller of `tf.grads` passed in belongs to an outer scope and is not ours to free.
  if ((dy as unknown as { scopeId: number }).scopeId === activeScope?.id) spent.push(dy);
}

function releaseSpent(): void {
  for (const tensor of spent) tensor.dispose();
  spent = [];
}

/**
 * Runs a function whose operations are constants to any surrounding gradient computation: nothing is recorded and no
 * activation is kept for a backward pass. Use it for frozen layers inside a loss function.
 *
 * @param compute Function that returns tensors.
 * @returns What the function returns.
 * @example
 * ```ts
 * const features = withoutGradient(() => backbone.forward(params, images).features);
 * ```
 */
export function withoutGradient<T>(compute: () => T): T {
  const { state } = tf.engine();
  // The engine records on the tape only outside kernels.
  state.kernelDepth++;
  try {
    return compute();
  } finally {
    state.kernelDepth--;
  }
}
