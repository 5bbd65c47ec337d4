import type { Activation, Kernels, MethodKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { convolve } from "./_convolve.ts";
import { convolveFilterGradient, convolveInputGradient } from "./_convolve_gradients.ts";
import { convolveDepthwise, convolveDepthwiseFilterGradient, convolveDepthwiseInputGradient } from "./_depthwise.ts";
import { featurePairLosses } from "./_feature_pairs.ts";
import { groupNormKernels } from "./_group_norm.ts";
import { maxPool, maxPoolGradient } from "./_max_pool.ts";
import { pathPairLosses } from "./_path_pairs.ts";
import { alignRegions, alignRegionsGradient } from "./_regions.ts";
import { resizeKernels } from "./_resize.ts";
import { runShader } from "./_run_shader.ts";
import { sumRows } from "./_sum_rows.ts";
import { declareBindings, invocationsCode, type Lanes, lanesOf, noEpilogue, typeOf, workgroupsFor } from "./_wgsl.ts";

/** Kernels of the backend `webgpu`: programs of our own. */
export const webgpuKernels: Kernels & MethodKernels = {
  convolve: (x, filter, options) =>
    tf.tidy(() => options.depthwise ? convolveDepthwise(x, filter, options) : convolve(x, filter, options)),

  convolveInputGradient: (dy, filter, options) =>
    tf.tidy(() =>
      options.depthwise
        ? convolveDepthwiseInputGradient(dy, filter, options)
        : convolveInputGradient(dy, filter, options)
    ),

  convolveFilterGradient: (dy, x, options) =>
    tf.tidy(() =>
      options.depthwise ? convolveDepthwiseFilterGradient(dy, x, options) : convolveFilterGradient(dy, x, options)
    ),

  sumPixels(dy) {
    const channels = dy.shape[3];
    return tf.tidy(() => {
      const rows = dy.size / channels;
      return sumRows(dy, { rows, shape: [channels], epilogue: noEpilogue }) as tf.Tensor1D;
    });
  },

  reluGradient,

  maxPool: (x, window) => ({ y: maxPool(x, window), saved: [x] }),
  maxPoolGradient: (dy, [x], window) => tf.tidy(() => maxPoolGradient(dy, x as tf.Tensor4D, window)),

  ...resizeKernels,
  ...groupNormKernels,

  pathPairLosses,
  featurePairLosses,
  alignRegions,
  alignRegionsGradient,
};

/** Gradient before a ReLU, from the gradient after it and its output. */
export function reluGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  const lanes = lanesOf(y.size), count = y.size / lanes;
  const [dx] = runShader({
    key: `reluGradient ${activation} ${lanes}`,
    code: () => reluGradientCode(activation, lanes),
    inputs: [dy, y],
    outputs: [y.shape],
    numbers: [count],
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}

/** The program of {@linkcode reluGradient}. */
export function reluGradientCode(activation: Activation, lanes: Lanes): string {
  const type = typeOf(lanes);
  const stopped = [`y[i] <= ${type}()`, ...(activation === "relu6" ? [`y[i] >= ${type}(6.0)`] : [])];
  return declareBindings({ outputs: { dx: lanes }, inputs: { dy: lanes, y: lanes }, numbers: ["count"] }) +
    invocationsCode(`  dx[i] = select(dy[i], ${type}(), ${stopped.join(" | ")});`);
}
