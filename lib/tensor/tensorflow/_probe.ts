/** Finds out which fused operations this TensorFlow has for this processor. */
import * as tf from "../tf.ts";
import type { Kernels } from "../_kernels.ts";

/** Whether fused operations work. */
export interface FusedOperations {
  readonly convolution: boolean;
  readonly depthwise: boolean;
  readonly maxPool: boolean;
}

/** Compares fused kernels with plain ones on a small map, with the `tensorflow` backend in use. */
export function probeFusedOperations(plain: Kernels, fused: Kernels): FusedOperations {
  const x = tf.randomUniform<tf.Rank.R4>([1, 6, 6, 8], -1, 1, "float32", 1);
  const filter = tf.randomUniform<tf.Rank.R4>([3, 3, 8, 8], -1, 1, "float32", 2);
  const depthwiseFilter = tf.randomUniform<tf.Rank.R4>([3, 3, 8, 1], -1, 1, "float32", 3);
  const bias = tf.randomUniform([8], -1, 1, "float32", 4);
  const window = { size: [3, 3], stride: 1, padding: [1, 1, 1, 1] } as const;

  const agree = (compute: (kernels: Kernels) => tf.Tensor): boolean => {
    try {
      return tf.tidy(() => compute(fused).sub(compute(plain)).abs().max().dataSync()[0]! < 1e-4);
    } catch {
      // Fused operations are internal to TensorFlow: other versions and processors lack them.
      return false;
    }
  };
  const found: FusedOperations = {
    convolution: agree((kernels) =>
      kernels.convolve(x, filter, { window, depthwise: false, bias, addend: x, activation: "relu6" })
    ),
    depthwise: agree((kernels) =>
      kernels.convolve(x, depthwiseFilter, { window, depthwise: true, bias, addend: undefined, activation: "relu6" })
    ),
    maxPool: agree((kernels) => {
      const { y, saved } = kernels.maxPool(x, window);
      return kernels.maxPoolGradient(y, saved, window);
    }),
  };
  tf.dispose([x, filter, depthwiseFilter, bias]);
  return found;
}
