/** The layers' kernels made of TensorFlow.js's: for every backend whose kernels take explicit padding. */
import { groupNormKernels } from "./_composed_group_norm.ts";
import { resizeKernels } from "./_composed_resize.ts";
import type { Kernels, MapKernels } from "./_kernels.ts";
import { routeToMaxima } from "./_route_to_maxima.ts";
import type { Window } from "./_window.ts";
import * as tf from "./tf.ts";

export const composedKernels: Kernels & MapKernels = {
  ...groupNormKernels,
  ...resizeKernels,

  convolve(x, filter, { window, depthwise, bias, addend, activation }) {
    return tf.tidy(() => {
      const y = run(depthwise ? tf.FusedDepthwiseConv2D : tf.FusedConv2D, { x, filter, ...(bias ? { bias } : {}) }, {
        ...convolutionAttributes(window),
        activation: addend ? "linear" : activation ?? "linear",
      });
      if (!addend) return y;
      const sum = y.add<tf.Tensor4D>(addend);
      return activation ? tf[activation](sum) : sum;
    });
  },

  convolveInputGradient(dy, filter, { window, depthwise, shape }) {
    const kernel = depthwise ? tf.DepthwiseConv2dNativeBackpropInput : tf.Conv2DBackpropInput;
    return run(kernel, { dy, filter }, { ...convolutionAttributes(window), inputShape: [...shape] });
  },

  convolveFilterGradient(dy, x, { window, depthwise, shape }) {
    const kernel = depthwise ? tf.DepthwiseConv2dNativeBackpropFilter : tf.Conv2DBackpropFilter;
    return run(kernel, { x, dy }, { ...convolutionAttributes(window), filterShape: [...shape] });
  },

  sumPixels(dy) {
    return tf.sum(dy, [0, 1, 2]);
  },

  rectifierGradient(dy, y, activation) {
    return tf.tidy(() => {
      const passed = dy.mul<tf.Tensor4D>(tf.step(y));
      return activation === "relu6" ? passed.mul<tf.Tensor4D>(tf.step(tf.sub(6, y))) : passed;
    });
  },

  maxPool(x, window) {
    const y = run(tf.MaxPool, { x }, poolAttributes(window));
    return { y, saved: [x] };
  },

  // TensorFlow.js's own gradient on `wasm` overlooks negative maxima.
  maxPoolGradient(dy, [input], window) {
    const x = input as tf.Tensor4D;
    const dx = routeToMaxima(dy.dataSync(), x.dataSync(), { window, from: dy.shape, to: x.shape });
    return tf.tensor4d(dx, x.shape);
  },
};

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown>): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, attributes as unknown as tf.NamedAttrMap) as tf.Tensor4D;
}

function convolutionAttributes({ stride, padding }: Window): Record<string, unknown> {
  return {
    strides: [stride, stride],
    pad: explicit(padding),
    dataFormat: "NHWC",
    dilations: [1, 1],
    dimRoundingMode: undefined,
  };
}

function poolAttributes({ size, stride, padding }: Window): Record<string, unknown> {
  return { filterSize: [...size], strides: [stride, stride], pad: explicit(padding), dimRoundingMode: undefined };
}

function explicit([top, bottom, left, right]: Window["padding"]): number[][] {
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}
