/** The layers' kernels made of TensorFlow.js's: for every backend whose kernels take explicit padding. */
import type { Kernels, Shape } from "./_kernels.ts";
import type { Window } from "./_window.ts";
import * as tf from "./tf.ts";

export const composedKernels: Kernels = {
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

/** Adds each output's gradient to the first of the largest values in its window. */
function routeToMaxima(
  dy: tf.TypedArray,
  x: tf.TypedArray,
  { window, from, to }: { window: Window; from: Shape; to: Shape },
): Float32Array {
  const { size, stride, padding: [top, , left] } = window;
  const [, height, width, channels] = to;
  const dx = new Float32Array(x.length);
  let output = 0;
  for (let b = 0; b < from[0]; b++) {
    for (let i = 0; i < from[1]; i++) {
      const firstRow = Math.max(i * stride - top, 0), endRow = Math.min(i * stride - top + size[0], height);
      for (let j = 0; j < from[2]; j++) {
        const firstColumn = Math.max(j * stride - left, 0), endColumn = Math.min(j * stride - left + size[1], width);
        for (let c = 0; c < channels; c++, output++) {
          let best = ((b * height + firstRow) * width + firstColumn) * channels + c;
          for (let row = firstRow; row < endRow; row++) {
            for (let column = firstColumn; column < endColumn; column++) {
              const at = ((b * height + row) * width + column) * channels + c;
              if (x[at]! > x[best]!) best = at;
            }
          }
          dx[best]! += dy[output]!;
        }
      }
    }
  }
  return dx;
}

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
