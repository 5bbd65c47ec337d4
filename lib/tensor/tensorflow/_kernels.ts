/** The layers' kernels made of TensorFlow's operations, fused where its library has them for this processor. */
import type { Kernels, MapKernels, Shape } from "../_kernels.ts";
import { isSame, isValid, type Window } from "../_window.ts";
import * as tf from "../tf.ts";
import { attribute, type Attributes, dataType, execute, executeAll } from "./_execute.ts";
import { groupNormKernels } from "./_group_norm.ts";
import type { FusedOperations } from "./_probe.ts";

const float = { T: attribute.dataType(dataType.float) };
/** Stands for −∞, which some pools do not take. */
const lowest = -3.4e38;

const resizeAttributes = { ...float, half_pixel_centers: attribute.flag(true) };

const fused = { ...float, _kernel: attribute.text("MklNameChangeOp") };

/** Made of operations that every TensorFlow has. */
export const plainKernels: Kernels & MapKernels = {
  ...groupNormKernels,

  convolve(x, filter, { window, depthwise, bias, addend, activation }) {
    return tf.tidy(() => {
      const name = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
      let y = execute(name, [x, filter], { ...float, ...windowAttributes(x.shape, window) });
      if (bias) y = execute("BiasAdd", [y, bias], float);
      if (addend) y = execute("AddV2", [y, addend], float);
      return activation ? execute(activation === "relu" ? "Relu" : "Relu6", [y], float) : y;
    });
  },

  convolveInputGradient(dy, filter, { window, depthwise, shape }) {
    const name = depthwise ? "DepthwiseConv2dNativeBackpropInput" : "Conv2DBackpropInput";
    const padded = needsPadding(shape, window) ? paddedShape(shape, window) : shape;
    const bare = padded === shape ? window : { ...window, padding: [0, 0, 0, 0] as const };
    const dx = execute(name, [padded, filter, dy], { ...float, ...windowAttributes(padded, bare) });
    if (padded === shape) return dx;
    const inner = execute("Slice", [dx, [0, window.padding[0], window.padding[2], 0], shape], {
      ...float,
      Index: attribute.dataType(dataType.int32),
    });
    dx.dispose();
    return inner;
  },

  convolveFilterGradient(dy, x, { window, depthwise, shape }) {
    const name = depthwise ? "DepthwiseConv2dNativeBackpropFilter" : "Conv2DBackpropFilter";
    if (depthwise && (window.stride > 1 || window.size[0] > 3)) {
      // oneDNN, which does not take explicit padding, is several times slower here than TensorFlow itself.
      return execute(name, [x, shape, dy], { ...float, ...explicitAttributes(window) });
    }
    if (!needsPadding(x.shape, window)) {
      return execute(name, [x, shape, dy], { ...float, ...windowAttributes(x.shape, window) });
    }
    const padded = pad(x, window, 0);
    const bare = { ...window, padding: [0, 0, 0, 0] as const };
    const gradient = execute(name, [padded, shape, dy], { ...float, ...windowAttributes(padded.shape, bare) });
    padded.dispose();
    return gradient;
  },

  sumPixels(dy) {
    return execute("BiasAddGrad", [dy], float) as tf.Tensor as tf.Tensor1D;
  },

  rectifierGradient(dy, y, activation) {
    return execute(activation === "relu" ? "ReluGrad" : "Relu6Grad", [dy, y], float);
  },

  maxPool(x, window) {
    const input = isValid(window) ? x : pad(x, window, lowest);
    const y = execute("MaxPool", [input], { ...float, ...poolAttributes(window) });
    return { y, saved: [input, y] };
  },

  maxPoolGradient(dy, [input, output], window) {
    const dx = execute("MaxPoolGrad", [input!, output!, dy], { ...float, ...poolAttributes(window) });
    return isValid(window) ? dx : unpad(dx, window);
  },

  resize(x, size) {
    return execute("ResizeBilinear", [x, size], resizeAttributes);
  },

  resizeGradient(dy, shape) {
    return tf.tidy(() => execute("ResizeBilinearGrad", [dy, shapedLike(shape, dy)], resizeAttributes));
  },
};

/** A tensor of which only the shape matters: the memory of another where that is large enough. */
function shapedLike(shape: Shape, other: tf.Tensor4D): tf.Tensor4D {
  const size = shape.reduce((product, length) => product * length);
  return size > other.size ? tf.zeros([...shape]) : other.flatten().slice(0, size).reshape([...shape]);
}

/** Made of the fused operations of oneDNN, which TensorFlow has on x86 processors. */
export const fusedKernels: Kernels & MapKernels = {
  ...plainKernels,

  convolve(x, filter, options) {
    const { window, depthwise, bias, addend, activation } = options;
    if (!bias || (depthwise && addend)) return plainKernels.convolve(x, filter, options);
    const inputs = addend ? [bias, addend] : [bias];
    const steps = ["BiasAdd"];
    if (addend) steps.push("Add");
    if (activation) steps.push(activation === "relu" ? "Relu" : "Relu6");
    return execute(
      depthwise ? "_MklNativeFusedDepthwiseConv2dNative" : "_MklNativeFusedConv2D",
      [x, filter, ...inputs],
      {
        ...fused,
        ...windowAttributes(x.shape, window),
        num_args: attribute.int(inputs.length),
        fused_ops: attribute.text(steps),
        ...(depthwise ? {} : { TArgs: attribute.dataType(inputs.map(() => dataType.float)) }),
      },
    );
  },

  /** The workspace holds where each maximum was, so that the backward pass need not look for it. */
  maxPool(x, window) {
    const input = isValid(window) ? x : pad(x, window, lowest);
    const attributes = { ...fused, ...poolAttributes(window), workspace_enabled: attribute.flag(true) };
    const [y, workspace] = executeAll("_MklNativeMaxPool", [input], attributes, 2);
    return { y: y as tf.Tensor4D, saved: [input, y!, workspace!] };
  },

  maxPoolGradient(dy, [input, output, workspace], window) {
    const attributes = { ...fused, ...poolAttributes(window), workspace_enabled: attribute.flag(true) };
    const dx = execute("_MklNativeMaxPoolGrad", [input!, output!, dy, workspace!], attributes);
    return isValid(window) ? dx : unpad(dx, window);
  },
};

/** Kernels with the fused operations that were found to work. */
export function bestKernels({ convolution, depthwise, maxPool }: FusedOperations): Kernels & MapKernels {
  const { convolve, maxPool: pool, maxPoolGradient } = fusedKernels;
  return {
    ...plainKernels,
    convolve: (x, filter, options) =>
      (options.depthwise ? depthwise : convolution)
        ? convolve(x, filter, options)
        : plainKernels.convolve(x, filter, options),
    ...(maxPool ? { maxPool: pool, maxPoolGradient } : {}),
  };
}

/** Backward passes with explicit padding are an order of magnitude slower than padding and cutting. */
function needsPadding([, height, width]: Shape, window: Window): boolean {
  return !isValid(window) && !(window.stride === 1 && isSame([height, width], window));
}

function windowAttributes([, height, width]: Shape, window: Window): Attributes {
  const { stride } = window;
  const padding = isValid(window) ? "VALID" : isSame([height, width], window) ? "SAME" : null;
  if (padding === null) return explicitAttributes(window);
  return { strides: attribute.int([1, stride, stride, 1]), padding: attribute.text(padding) };
}

function explicitAttributes({ stride, padding: [top, bottom, left, right] }: Window): Attributes {
  return {
    strides: attribute.int([1, stride, stride, 1]),
    padding: attribute.text("EXPLICIT"),
    explicit_paddings: attribute.int([0, 0, top, bottom, left, right, 0, 0]),
  };
}

function poolAttributes({ size, stride }: Window): Attributes {
  return {
    ksize: attribute.int([1, ...size, 1]),
    strides: attribute.int([1, stride, stride, 1]),
    padding: attribute.text("VALID"),
  };
}

function pad(x: tf.Tensor4D, { padding: [top, bottom, left, right] }: Window, value: number): tf.Tensor4D {
  return tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]], value);
}

function unpad(padded: tf.Tensor4D, { padding: [top, bottom, left, right] }: Window): tf.Tensor4D {
  const [batch, height, width, channels] = padded.shape;
  const inner = padded.slice([0, top, left, 0], [batch, height - top - bottom, width - left - right, channels]);
  padded.dispose();
  return inner;
}

function paddedShape([batch, height, width, channels]: Shape, { padding: [top, bottom, left, right] }: Window): Shape {
  return [batch, height + top + bottom, width + left + right, channels];
}
