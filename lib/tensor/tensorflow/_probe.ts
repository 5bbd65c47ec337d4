/** Finds out what this TensorFlow has for this processor. */
import type { Kernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { attribute, dataType, execute } from "./_execute.ts";
import { convolveAsVolume, fusedKernels, type FusedOperations, plainKernels, type Precision } from "./_kernels.ts";

/** What results of up to 6 may differ by. */
const TOLERANCE: Record<Precision, number> = { float32: 1e-4, bfloat16: 0.1 };

/** Compares the fused kernels of a precision with plain ones on a small map, with the `tensorflow` backend in use. */
export function probeFusedOperations(precision: Precision): FusedOperations {
  const plain = plainKernels("float32"), fused = fusedKernels(precision);
  const x = tf.randomUniform<tf.Rank.R4>([1, 6, 6, 8], -1, 1, "float32", 1);
  const filter = tf.randomUniform<tf.Rank.R4>([3, 3, 8, 8], -1, 1, "float32", 2);
  const depthwiseFilter = tf.randomUniform<tf.Rank.R4>([3, 3, 8, 1], -1, 1, "float32", 3);
  const bias = tf.randomUniform([8], -1, 1, "float32", 4);
  const window = { size: [3, 3], stride: 1, padding: [1, 1, 1, 1] } as const;

  const agree = (compute: (kernels: Kernels) => tf.Tensor): boolean => {
    try {
      return tf.tidy(() => compute(fused).sub(compute(plain)).abs().max().dataSync()[0]! < TOLERANCE[precision]);
    } catch {
      // Fused operations are internal to TensorFlow: other versions and processors lack them.
      return false;
    }
  };
  const found: FusedOperations = {
    convolution: agree((kernels) =>
      kernels.convolve(x, filter, { window, depthwise: false, bias, addend: x, activation: "relu6" })
    ),
    volume: precision === "float32" && agree((kernels) => {
      const epilogue = { bias, addend: undefined, activation: "relu6" } as const;
      if (kernels === fused) return convolveAsVolume(x, filter, epilogue);
      return plain.convolve(x, filter, { window, depthwise: false, ...epilogue });
    }),
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

/** Ratio of speeds from which rounding pays: with tiles (AMX) it is above 4, without them around 1, or far below. */
const WORTHWHILE = 2.5;

/** Bfloat16 where the processor multiplies it much faster than float32, by trying. */
export function fastestPrecision(): Precision {
  const a = tf.randomUniform([1024, 512], -1, 1), b = tf.randomUniform([512, 1024], -1, 1);
  const time = (type: number): number => {
    const start = performance.now();
    tf.tidy(() => {
      const product = execute("MatMul", [a, b], { T: attribute.dataType(type) }) as tf.Tensor as tf.Tensor2D;
      return product.slice([0, 0], [1, 1]).dataSync(); // waits
    });
    return performance.now() - start;
  };
  const best = { float32: Infinity, bfloat16: Infinity };
  try {
    for (let i = 0; i < 6; i++) {
      best.float32 = Math.min(best.float32, time(dataType.float));
      best.bfloat16 = Math.min(best.bfloat16, time(dataType.bfloat16));
    }
  } catch {
    return "float32"; // no such kernel
  } finally {
    tf.dispose([a, b]);
  }
  return best.float32 > WORTHWHILE * best.bfloat16 ? "bfloat16" : "float32";
}
