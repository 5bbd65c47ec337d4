import { conv2d } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";

/** A micro-batch of the tests. */
export interface Micro {
  readonly shape: [number, number, number, number];
  readonly data: Float32Array;
}

/** Loss of a small network; a micro-batch without images is an error. */
export function createLoss(
  { factor }: { factor: number },
): (params: Record<string, tf.Tensor>, micro: Micro) => tf.Scalar {
  return (params, { shape, data }) => {
    if (data.length === 0) throw new RangeError("Expected images but found none");
    const x = tf.tensor4d(data, shape);
    const hidden = conv2d(x, params["first"] as tf.Tensor4D, {
      padding: 1,
      bias: params["bias"] as tf.Tensor1D,
      activation: "relu",
    });
    return conv2d(hidden, params["frozen"] as tf.Tensor4D, { stride: 2 }).square().mean().mul(factor) as tf.Scalar;
  };
}
