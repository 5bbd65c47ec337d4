/** The layers' kernels on `wasm`: what {@linkcode Kernels} asks for, in single passes over memory. */
import { composedKernels } from "../_composed_kernels.ts";
import type { Kernels, Shape } from "../_kernels.ts";
import type { Window } from "../_window.ts";
import type * as tf from "../tf.ts";
import { convolve, convolveFilterGradient, convolveInputGradient } from "./_convolve.ts";
import type { Geometry } from "./_geometry.ts";
import { groupNormKernels, maxPool, maxPoolGradient, resizeKernels } from "./_maps.ts";
import { addressOf, allocate, tensorOf, wasmKernels } from "./_runtime.ts";

/** Kernels for `registerKernels("wasm", …)`. Depthwise convolutions go through TensorFlow.js's kernel names. */
export const layerKernels: Kernels = {
  ...groupNormKernels,
  ...resizeKernels,

  convolve(x, filter, options) {
    if (options.depthwise) return composedKernels.convolve(x, filter, options);
    const { window, bias, addend, activation } = options;
    const g = geometry(x.shape, filter.shape, window);
    const y = allocate([g.batch, g.outputHeight, g.outputWidth, g.outputChannels]);
    convolve(addressOf(x), addressOf(filter), addressOf(y), g, {
      bias: bias ? addressOf(bias) : 0,
      addend: addend ? addressOf(addend) : 0,
      activation,
    });
    return tensorOf(y);
  },

  convolveInputGradient(dy, filter, options) {
    if (options.depthwise) return composedKernels.convolveInputGradient(dy, filter, options);
    const dx = allocate(options.shape);
    const g = geometry(options.shape, filter.shape, options.window);
    convolveInputGradient(addressOf(dy), addressOf(filter), addressOf(dx), g);
    return tensorOf(dx);
  },

  convolveFilterGradient(dy, x, options) {
    if (options.depthwise) return composedKernels.convolveFilterGradient(dy, x, options);
    const dFilter = allocate(options.shape);
    const g = geometry(x.shape, options.shape, options.window);
    convolveFilterGradient(addressOf(x), addressOf(dy), addressOf(dFilter), g);
    return tensorOf(dFilter);
  },

  sumPixels(dy) {
    const [batch, height, width, channels] = dy.shape;
    const sums = allocate([channels]);
    wasmKernels().sumRows(addressOf(dy), batch * height * width, channels, addressOf(sums));
    return tensorOf(sums);
  },

  reluGradient(dy, y, activation) {
    const dx = allocate(y.shape);
    const six = activation === "relu6" ? 1 : 0;
    wasmKernels().reluGradient(addressOf(dy), addressOf(y), y.size, six, addressOf(dx));
    return tensorOf(dx);
  },

  maxPool(x, window) {
    const g = geometry(x.shape, [...window.size, x.shape[3], x.shape[3]], window);
    const y = allocate([g.batch, g.outputHeight, g.outputWidth, g.channels]);
    maxPool(addressOf(x), addressOf(y), g);
    const result = tensorOf<tf.Tensor4D>(y);
    return { y: result, saved: [x, result] };
  },

  maxPoolGradient(dy, saved, window) {
    const [x, y] = saved as [tf.Tensor4D, tf.Tensor4D];
    const dx = allocate(x.shape);
    const g = geometry(x.shape, [...window.size, x.shape[3], x.shape[3]], window);
    maxPoolGradient({ dy: addressOf(dy), x: addressOf(x), y: addressOf(y), dx: addressOf(dx) }, g);
    return tensorOf(dx);
  },
};

function geometry(
  [batch, height, width, channels]: Shape,
  [filterHeight, filterWidth, , outputChannels]: Shape,
  { stride, padding: [top, bottom, left, right] }: Window,
): Geometry {
  return {
    batch,
    height,
    width,
    channels,
    filterHeight,
    filterWidth,
    outputHeight: Math.floor((height + top + bottom - filterHeight) / stride) + 1,
    outputWidth: Math.floor((width + left + right - filterWidth) / stride) + 1,
    outputChannels,
    strideY: stride,
    strideX: stride,
    dilationY: 1,
    dilationX: 1,
    top,
    left,
  };
}
