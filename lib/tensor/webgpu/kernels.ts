import type { Kernels, MethodKernels } from "../_kernels.ts";
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
import { reluGradient } from "./_relu.ts";
import { sumRows } from "./_sum_rows.ts";
import { noEpilogue } from "./_wgsl.ts";

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
