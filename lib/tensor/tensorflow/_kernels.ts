/** The layers' kernels made of TensorFlow's operations, fused where its library has them for this processor. */
import type { Convolution, Epilogue, Kernels, Shape } from "../_kernels.ts";
import { isOneByOne, isSame, isValid, type Window, withoutPadding } from "../_window.ts";
import * as tf from "../tf.ts";
import { attribute, type Attributes, dataType, execute, executeAll } from "./_execute.ts";
import { groupNormKernels } from "./_group_norm.ts";

const float = { T: attribute.dataType(dataType.float) };
/** Stands for −∞, which some pools do not take; also bfloat16 reaches as far. */
const lowest = -3e38;

const resizeAttributes = { ...float, half_pixel_centers: attribute.flag(true) };

const fused = { _kernel: attribute.text("MklNameChangeOp") };

/** Numbers that convolutions multiply and pools choose from; sums and all else stay float32. */
export type Precision = "float32" | "bfloat16";

const typeNumber = (precision: Precision) => precision === "float32" ? dataType.float : dataType.bfloat16;

/** The type of a convolution: oneDNN has fast depthwise ones, and gradients of them, for float32 alone. */
const typeOf = (precision: Precision, depthwise: boolean) => ({
  T: attribute.dataType(typeNumber(depthwise ? "float32" : precision)),
});

/** Made of operations that every TensorFlow has. */
export const plainKernels = (precision: Precision): Kernels => ({
  ...groupNormKernels,

  convolve(x, filter, { window, depthwise, bias, addend, activation }) {
    return tf.tidy(() => {
      const name = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
      let y = execute(name, [x, filter], { ...typeOf(precision, depthwise), ...windowAttributes(x.shape, window) });
      if (bias) y = execute("BiasAdd", [y, bias], float);
      if (addend) y = execute("AddV2", [y, addend], float);
      return activation ? execute(activation === "relu" ? "Relu" : "Relu6", [y], float) : y;
    });
  },

  convolveInputGradient(dy, filter, { window, depthwise, shape }) {
    const name = depthwise ? "DepthwiseConv2dNativeBackpropInput" : "Conv2DBackpropInput";
    const padded = needsPadding(shape, window) ? paddedShape(shape, window) : shape;
    const bare = padded === shape ? window : withoutPadding(window);
    const type = typeOf(precision, depthwise);
    const dx = execute(name, [padded, filter, dy], { ...type, ...windowAttributes(padded, bare) });
    return padded === shape ? dx : unpad(dx, window);
  },

  convolveFilterGradient(dy, x, { window, depthwise, shape }) {
    const name = depthwise ? "DepthwiseConv2dNativeBackpropFilter" : "Conv2DBackpropFilter";
    const type = typeOf(precision, depthwise);
    if (!depthwise && isOneByOne(window)) {
      return tf.tidy(() => {
        // several times faster than oneDNN's gradient
        const product = execute("MatMul", [flat(metPixels(x, window)), flat(dy)], {
          ...type,
          transpose_a: attribute.flag(true),
        });
        return widened(product).reshape<tf.Tensor4D>([...shape]);
      });
    }
    if (depthwise && (window.stride > 1 || window.size[0] > 3)) {
      // oneDNN, which does not take explicit padding, is several times slower here than TensorFlow itself.
      return execute(name, [x, shape, dy], { ...type, ...explicitAttributes(window) });
    }
    if (!needsPadding(x.shape, window)) {
      return widened(execute(name, [x, shape, dy], { ...type, ...windowAttributes(x.shape, window) }));
    }
    const padded = pad(x, window);
    const attributes = { ...type, ...windowAttributes(padded.shape, withoutPadding(window)) };
    const gradient = execute(name, [padded, shape, dy], attributes);
    padded.dispose();
    return widened(gradient);
  },

  sumPixels(dy) {
    return tf.tidy(() => {
      const columns = flat(dy);
      return widened(execute("MatMul", [tf.ones([1, columns.shape[0]]), columns], typeOf(precision, false))).flatten();
    });
  },

  reluGradient(dy, y, activation) {
    return execute(activation === "relu" ? "ReluGrad" : "Relu6Grad", [dy, y], float);
  },

  maxPool(x, window) {
    const input = isValid(window) ? x : padLowest(x, window, precision);
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
});

/** A tensor of which only the shape matters: the memory of another where that is large enough. */
function shapedLike(shape: Shape, other: tf.Tensor4D): tf.Tensor4D {
  const size = shape.reduce((product, length) => product * length);
  return size > other.size ? tf.zeros([...shape]) : other.flatten().slice(0, size).reshape([...shape]);
}

/** Made of the fused operations of oneDNN, which TensorFlow has on x86 processors. */
export const fusedKernels = (precision: Precision): Kernels => ({
  ...plainKernels(precision),

  convolve(x, filter, options) {
    const { window, depthwise, bias, addend } = options;
    if (!bias || (depthwise && addend)) return plainKernels(precision).convolve(x, filter, options);
    const type = typeOf(precision, depthwise);
    const inputs = addend ? [bias, addend] : [bias];
    return execute(
      depthwise ? "_MklNativeFusedDepthwiseConv2dNative" : "_MklNativeFusedConv2D",
      [x, filter, ...inputs],
      {
        ...fused,
        ...type,
        ...windowAttributes(x.shape, window),
        num_args: attribute.int(inputs.length),
        fused_ops: attribute.text(fusedSteps(options)),
        ...(depthwise ? {} : { TArgs: attribute.dataType(inputs.map(() => typeNumber(precision))) }),
      },
    );
  },

  /** The workspace holds where each maximum was, so that the backward pass need not look for it. */
  maxPool(x, window) {
    const input = isValid(window) ? x : padLowest(x, window, precision);
    const attributes = { ...fused, ...float, ...poolAttributes(window), workspace_enabled: attribute.flag(true) };
    const [y, workspace] = executeAll("_MklNativeMaxPool", [input], attributes, 2);
    return { y: y as tf.Tensor4D, saved: [input, y!, workspace!] };
  },

  maxPoolGradient(dy, [input, output, workspace], window) {
    const attributes = { ...fused, ...float, ...poolAttributes(window), workspace_enabled: attribute.flag(true) };
    const dx = execute("_MklNativeMaxPoolGrad", [input!, output!, dy, workspace!], attributes);
    return isValid(window) ? dx : unpad(dx, window);
  },
});

/**
 * Convolves a lone image as a volume of one slice: the filter of a lone image TensorFlow hands to oneDNN as it is, which
 * at 3×3, 32×32 and 512 channels takes 28 ms on two cores; the filter of a volume it has rearranged first, 17 ms in all.
 */
export function convolveAsVolume(x: tf.Tensor4D, filter: tf.Tensor4D, options: Epilogue): tf.Tensor4D {
  const [batch, height, width] = x.shape;
  return tf.tidy(() =>
    execute("_MklNativeFusedConv3D", [x.expandDims(1), filter.expandDims(0), options.bias!], {
      ...fused,
      ...float,
      strides: attribute.int([1, 1, 1, 1, 1]),
      padding: attribute.text("SAME"),
      num_args: attribute.int(1),
      fused_ops: attribute.text(fusedSteps(options)),
    }).reshape<tf.Tensor4D>([batch, height, width, filter.shape[3]])
  );
}

/** What oneDNN does to a convolution's result. */
function fusedSteps({ addend, activation }: Epilogue): string[] {
  return ["BiasAdd", ...(addend ? ["Add"] : []), ...(activation ? [activation === "relu" ? "Relu" : "Relu6"] : [])];
}

/** Whether {@linkcode convolveAsVolume} takes a convolution, and gains by it. */
function isVolume(
  [batch, height, width]: Shape,
  [rows]: Shape,
  { window, depthwise, bias, addend }: Convolution & Epilogue,
): boolean {
  return batch === 1 && rows > 1 && window.stride === 1 && isSame([height, width], window) && !depthwise &&
    bias !== undefined && addend === undefined;
}

/** Whether fused operations work. */
export interface FusedOperations {
  readonly convolution: boolean;
  /** {@linkcode convolveAsVolume}; of float32 alone. */
  readonly volume: boolean;
  readonly depthwise: boolean;
  readonly maxPool: boolean;
}

/** Kernels with the fused operations that were found to work. */
export function bestKernels(
  { convolution, volume, depthwise, maxPool }: FusedOperations,
  precision: Precision,
): Kernels {
  const plain = plainKernels(precision);
  const { convolve, maxPool: pool, maxPoolGradient } = fusedKernels(precision);
  return {
    ...plain,
    convolve(x, filter, options) {
      if (volume && isVolume(x.shape, filter.shape, options)) return convolveAsVolume(x, filter, options);
      return ((options.depthwise ? depthwise : convolution) ? convolve : plain.convolve)(x, filter, options);
    },
    ...(maxPool ? { maxPool: pool, maxPoolGradient } : {}),
  };
}

/** Float32 again: gradients of parameters are summed over micro-batches, and taken by optimisers, in full. */
function widened<T extends tf.Tensor>(gradient: T): T {
  const wide = execute("Identity", [gradient], float) as tf.Tensor as T;
  gradient.dispose();
  return wide;
}

/** The pixels that a filter of one pixel meets on its way: maxima of one, many times faster than a strided slice. */
function metPixels(x: tf.Tensor4D, window: Window): tf.Tensor4D {
  return window.stride === 1 ? x : execute("MaxPool", [x], { ...float, ...poolAttributes(window) });
}

/** [B · H · W, C]. */
function flat(x: tf.Tensor4D): tf.Tensor2D {
  return x.reshape([-1, x.shape[3]]);
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

function pad(x: tf.Tensor4D, window: Window): tf.Tensor4D {
  return execute("Pad", [x, paddedRows(window)], { ...float, Tpaddings: attribute.dataType(dataType.int32) });
}

/** Padded by what no maximum is. */
function padLowest(x: tf.Tensor4D, window: Window, precision: Precision): tf.Tensor4D {
  return tf.tidy(() =>
    execute("PadV2", [x, paddedRows(window), tf.scalar(lowest)], {
      ...typeOf(precision, false),
      Tpaddings: attribute.dataType(dataType.int32),
    })
  );
}

function paddedRows({ padding: [top, bottom, left, right] }: Window): [number, number][] {
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
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
