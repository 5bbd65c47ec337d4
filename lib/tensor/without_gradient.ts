import * as tf from "./tf.ts";

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
