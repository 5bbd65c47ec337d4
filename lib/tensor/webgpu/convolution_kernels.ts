import type { Kernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { convolve } from "./_convolve.ts";
import { convolveFilterGradient } from "./_convolve_filter_gradient.ts";
import { convolveInputGradient } from "./_convolve_input_gradient.ts";
import { convolveDepthwise, convolveDepthwiseFilterGradient, convolveDepthwiseInputGradient } from "./_depthwise.ts";
import { noEpilogue } from "./_epilogue.ts";
import { maxPool, maxPoolGradient } from "./_max_pool.ts";
import { rectifierGradient } from "./_rectifier_gradient.ts";
import { sumRows } from "./_sum_rows.ts";

/** Convolutions, pools and what belongs to them as programs of our own, on the backend `webgpu`. */
export const webgpuKernels: Kernels = {
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

  rectifierGradient,

  maxPool: (x, window) => ({ y: maxPool(x, window), saved: [x] }),
  maxPoolGradient: (dy, [x], window) => tf.tidy(() => maxPoolGradient(dy, x as tf.Tensor4D, window)),
};
