/** Gradients of TensorFlow.js's own rectifiers, in one pass where it takes several. */
import { type Activation, kernels } from "./_kernels.ts";
import * as tf from "./tf.ts";

let registered = false;

/** Replaces the gradients of `tf.relu` and `tf.relu6`, on every backend. */
export function registerRectifierGradients(): void {
  if (registered) return;
  registered = true;
  replace(tf.Relu, "relu");
  replace(tf.Relu6, "relu6");
}

function replace(kernelName: string, activation: Activation): void {
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    kernelName,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => kernels().rectifierGradient(dy as tf.Tensor4D, y as tf.Tensor4D, activation),
    }),
  });
}
