import * as tf from "../../lib/tensor/tf.ts";
import type { Params } from "../../lib/weights/mod.ts";

/** A call that computes a loss and its gradients by the named parameters, and returns when all of them are there. */
export function openGradients(
  params: Params,
  names: readonly string[],
  loss: (params: Params) => tf.Tensor,
): () => void {
  const step = tf.valueAndGrads((...values: tf.Tensor[]) =>
    loss({ ...params, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) }) as tf.Scalar
  );
  return () =>
    tf.tidy(() => {
      step(names.map((name) => params[name]!));
      tf.scalar(0).neg().dataSync(); // computed last, after all gradients
    });
}
