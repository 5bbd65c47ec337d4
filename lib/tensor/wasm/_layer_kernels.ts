/** The layers' kernels on `wasm`: what {@linkcode Kernels} asks for, in single passes over memory. */
import { composedKernels, convolutionAttributes, poolAttributes, run } from "../_composed_kernels.ts";
import type { Kernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { groupNormKernels, resizeKernels } from "./_maps.ts";
import { addressOf, allocate, tensorOf, wasmKernels } from "./_runtime.ts";
import { convolution } from "./_tfjs_kernels.ts";

/** Kernels for `registerKernels("wasm", …)`; composed ones are ours too, by TensorFlow.js's kernel names. */
export const layerKernels: Kernels = {
  ...composedKernels,
  ...groupNormKernels,
  ...resizeKernels,

  convolve(x, filter, options) {
    const { window, depthwise, bias, addend, activation } = options;
    if (depthwise || !addend) return composedKernels.convolve(x, filter, options);
    return tensorOf(convolution({ x, filter, bias, addend }, convolutionAttributes(window), activation)!);
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
    const y = run(tf.MaxPool, { x }, poolAttributes(window));
    return { y, saved: [x, y] };
  },

  maxPoolGradient: (dy, [input, output], window) =>
    run(tf.MaxPoolGrad, { dy, input: input!, output: output! }, poolAttributes(window)),
};
