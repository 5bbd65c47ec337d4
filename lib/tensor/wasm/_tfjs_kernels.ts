/** TensorFlow.js's own kernel names, served by ours. */
import * as tf from "../tf.ts";
import {
  convolve,
  convolveFilterGradient,
  convolveInputGradient,
  depthwiseFilterGradient,
  depthwiseInputGradient,
} from "./_convolve.ts";
import type { Activation } from "../_kernels.ts";
import type { Geometry } from "./_geometry.ts";
import { averagePoolGradient, maxPool, maxPoolGradient } from "./_maps.ts";
import { multiply } from "./_multiply.ts";
import { addressOf, allocate, shareMemory, wasmKernels } from "./_runtime.ts";

/** Computes a kernel's output, or `null` where it leaves the case to the kernel that it replaces. */
export type Implementation = (inputs: Inputs, attributes: Attributes) => tf.TensorInfo | tf.TensorInfo[] | null;

type Inputs = Record<string, tf.TensorInfo>;

/** Attributes of TensorFlow.js's kernels, as its operations pass them. */
interface Attributes extends ConvolutionAttributes {
  inputShape: Shape;
  filterShape: Shape;
  filterSize: [number, number] | number;
  activation?: string;
  transposeA: boolean;
  transposeB: boolean;
  axis: number | number[];
  keepDims?: boolean;
  dtype: tf.DataType;
  begin: number[];
  size: number[];
  numOrSizeSplits: number | number[];
}

interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly dilations?: [number, number] | number;
  readonly pad: "same" | "valid" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

type Shape = [number, number, number, number];

/** Implementations by kernel name. */
export const tfjsKernels: Record<string, Implementation> = {
  Conv2D: ({ x, filter }, attributes) =>
    convolution({ x: x!, filter: filter!, bias: undefined, addend: undefined }, attributes, undefined),

  FusedConv2D({ x, filter, bias, preluActivationWeights }, attributes) {
    if (preluActivationWeights || (bias && tf.util.sizeFromShape(bias.shape) !== filter!.shape[3])) return null;
    const { activation = "linear" } = attributes;
    if (activation !== "linear" && activation !== "relu" && activation !== "relu6") return null;
    const inputs = { x: x!, filter: filter!, bias, addend: undefined };
    return convolution(inputs, attributes, activation === "linear" ? undefined : activation);
  },

  Conv2DBackpropInput: inputGradient(convolveInputGradient, false),
  Conv2DBackpropFilter: filterGradient(convolveFilterGradient, false),
  DepthwiseConv2dNativeBackpropInput: inputGradient(depthwiseInputGradient, true),
  DepthwiseConv2dNativeBackpropFilter: filterGradient(depthwiseFilterGradient, true),

  MaxPool({ x }, attributes) {
    if (x!.dtype !== "float32") return null;
    const g = poolGeometry(x!.shape, attributes);
    const y = allocate([g.batch, g.outputHeight, g.outputWidth, g.channels]);
    maxPool(addressOf(x!), addressOf(y), g);
    return y;
  },

  MaxPoolGrad({ dy, input, output }, attributes) {
    const dx = allocate(input!.shape);
    const addresses = { dy: addressOf(dy!), x: addressOf(input!), y: addressOf(output!), dx: addressOf(dx) };
    maxPoolGradient(addresses, poolGeometry(input!.shape, attributes));
    return dx;
  },

  // TensorFlow.js's own divides by the whole window at the border, too.
  AvgPoolGrad({ dy, input }, attributes) {
    const dx = allocate(input!.shape);
    averagePoolGradient(addressOf(dy!), addressOf(dx), poolGeometry(input!.shape, attributes));
    return dx;
  },

  BatchMatMul({ a, b }, { transposeA, transposeB }) {
    if ((transposeA && transposeB) || a!.dtype !== "float32" || b!.dtype !== "float32") return null;
    const [aRows, aColumns] = a!.shape.slice(-2) as [number, number];
    const [bRows, bColumns] = b!.shape.slice(-2) as [number, number];
    const aBatch = tf.util.sizeFromShape(a!.shape.slice(0, -2)), bBatch = tf.util.sizeFromShape(b!.shape.slice(0, -2));
    if (aBatch !== bBatch && aBatch !== 1 && bBatch !== 1) return null;
    const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
    const n = transposeB ? bRows : bColumns;
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    const product = allocate([...batch, m, n]);
    multiply(
      { address: addressOf(a!), batchStep: aBatch === 1 ? 0 : m * k * 4, transposed: transposeA },
      { address: addressOf(b!), batchStep: bBatch === 1 ? 0 : k * n * 4, transposed: transposeB },
      { batch: Math.max(aBatch, bBatch), m, k, n, address: addressOf(product) },
    );
    return product;
  },

  // TensorFlow.js's own makes 0 of a NaN.
  Relu6({ x }) {
    if (x!.dtype !== "float32") return null;
    const y = allocate(x!.shape);
    wasmKernels().relu(addressOf(x!), tf.util.sizeFromShape(x!.shape), 1, addressOf(y));
    return y;
  },

  // The backend copies where a second reference to the same memory does.
  Identity: ({ x }) => x!.dtype === "string" ? null : shareMemory(x!),
  Cast: ({ x }, { dtype }) => x!.dtype === dtype ? shareMemory(x!) : null,

  Slice({ x }, { begin, size }) {
    if (x!.dtype === "string" || x!.dtype === "bool" || x!.shape.length > 4) return null;
    const [from, extent] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size) as [number[], number[]];
    const part = allocate(extent, x!.dtype);
    copyBlock(addressOf(x!), addressOf(part), { shape: x!.shape, begin: from, size: extent });
    return part;
  },

  SplitV({ x }, { axis, numOrSizeSplits }) {
    if (x!.dtype === "string" || x!.dtype === "bool") return null;
    const $axis = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const outer = tf.util.sizeFromShape(x!.shape.slice(0, $axis)),
      bytes = tf.util.sizeFromShape(x!.shape.slice($axis)) * 4;
    let begin = addressOf(x!);
    return tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, $axis).map((size) => {
      const part = allocate(x!.shape.map((n, i) => i === $axis ? size : n), x!.dtype);
      const run = bytes / x!.shape[$axis]! * size;
      wasmKernels().copyRuns(begin, bytes, addressOf(part), run, run, outer);
      begin += run;
      return part;
    });
  },

  Concat(inputs, { axis }) {
    const parts = Object.values(inputs);
    const { dtype, shape } = parts[0]!;
    if (dtype === "string" || dtype === "bool") return null;
    const $axis = tf.util.parseAxisParam(axis, shape)[0]!;
    tf.backend_util.assertParamsConsistent(parts.map((part) => part.shape), $axis);
    const outer = tf.util.sizeFromShape(shape.slice(0, $axis));
    const whole = allocate(tf.backend_util.computeOutShape(parts.map((part) => part.shape), $axis), dtype);
    const bytes = tf.util.sizeFromShape(whole.shape.slice($axis)) * 4;
    let begin = addressOf(whole);
    for (const part of parts) {
      const run = tf.util.sizeFromShape(part.shape.slice($axis)) * 4;
      wasmKernels().copyRuns(addressOf(part), run, begin, bytes, run, outer);
      begin += run;
    }
    return whole;
  },

  Sum({ x }, { axis, keepDims }) {
    const rank = x!.shape.length;
    const axes = tf.util.parseAxisParam(axis, x!.shape).sort((a, b) => a - b);
    // Only sums over neighbouring axes before the last one: rows of matrices.
    const first = axes[0], last = axes.at(-1);
    if (first === undefined || last === undefined || last === rank - 1 || last - first !== axes.length - 1) return null;
    if (x!.dtype !== "float32") return null;
    const [outer, inner] = [x!.shape.slice(0, first), x!.shape.slice(last + 1)];
    const sum = allocate([...outer, ...(keepDims ? axes.map(() => 1) : []), ...inner]);
    const [count, columns] = [tf.util.sizeFromShape(outer), tf.util.sizeFromShape(inner)];
    const rows = tf.util.sizeFromShape(x!.shape.slice(first, last + 1));
    for (let i = 0; i < count; i++) {
      wasmKernels().sumRows(addressOf(x!) + i * rows * columns * 4, rows, columns, addressOf(sum) + i * columns * 4);
    }
    return sum;
  },
};

type Gradient = (first: number, second: number, result: number, g: Geometry) => void;

function inputGradient(compute: Gradient, depthwise: boolean): Implementation {
  return ({ dy, filter }, attributes) => {
    const g = geometry(attributes.inputShape, filter!.shape, attributes, depthwise);
    if (!g) return null;
    const dx = allocate(attributes.inputShape);
    compute(addressOf(dy!), addressOf(filter!), addressOf(dx), g);
    return dx;
  };
}

function filterGradient(compute: Gradient, depthwise: boolean): Implementation {
  return ({ x, dy }, attributes) => {
    const g = geometry(x!.shape, attributes.filterShape, attributes, depthwise);
    if (!g) return null;
    const dFilter = allocate(attributes.filterShape);
    compute(addressOf(x!), addressOf(dy!), addressOf(dFilter), g);
    return dFilter;
  };
}

/** Activation(convolution + bias + addend), or `null` for the layout [B, C, H, W]. */
export function convolution(
  { x, filter, bias, addend }:
    & Record<"x" | "filter", tf.TensorInfo>
    & Record<"bias" | "addend", tf.TensorInfo | undefined>,
  attributes: ConvolutionAttributes,
  activation: Activation | undefined,
): tf.TensorInfo | null {
  const g = geometry(x.shape, filter.shape, attributes);
  if (!g) return null;
  const y = allocate([g.batch, g.outputHeight, g.outputWidth, g.outputChannels]);
  convolve(addressOf(x), addressOf(filter), addressOf(y), g, {
    bias: bias ? addressOf(bias) : 0,
    addend: addend ? addressOf(addend) : 0,
    activation,
  });
  return y;
}

/** Sizes of a convolution, or `null` for the layout [B, C, H, W] and for several outputs a channel. */
function geometry(
  x: number[],
  filter: number[],
  { strides, dilations = 1, pad, dataFormat = "NHWC", dimRoundingMode }: ConvolutionAttributes,
  depthwise = false,
): Geometry | null {
  if (dataFormat !== "NHWC" || (depthwise && filter[3] !== 1)) return null;
  return fromConvInfo(
    tf.backend_util.computeConv2DInfo(x as Shape, filter as Shape, strides, dilations, pad, dimRoundingMode, depthwise),
  );
}

function poolGeometry(x: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): Geometry {
  return fromConvInfo(tf.backend_util.computePool2DInfo(x as Shape, filterSize, strides, 1, pad, dimRoundingMode));
}

function fromConvInfo(info: tf.backend_util.Conv2DInfo): Geometry {
  return {
    batch: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    channels: info.inChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    outputHeight: info.outHeight,
    outputWidth: info.outWidth,
    outputChannels: info.outChannels,
    strideY: info.strideHeight,
    strideX: info.strideWidth,
    dilationY: info.dilationHeight,
    dilationX: info.dilationWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** A block of an array of rank ≤ 4: where it begins and its size along every axis. */
interface Block {
  readonly shape: readonly number[];
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

/** Copies a block of an array of four-byte values to a contiguous array. */
function copyBlock(source: number, target: number, { shape, begin, size }: Block): void {
  const padding = Array<number>(4 - shape.length);
  const [, h, w, c] = [...padding.fill(1), ...shape] as [number, number, number, number];
  const [i0, y0, x0, c0] = [...padding.fill(0), ...begin] as [number, number, number, number];
  const [count, rows, columns, channels] = [...padding.fill(1), ...size] as [number, number, number, number];
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < rows; y++) {
      const from = source + ((((i0 + i) * h + y0 + y) * w + x0) * c + c0) * 4;
      const to = target + (i * rows + y) * columns * channels * 4;
      if (channels === c) wasmKernels().copyRuns(from, 0, to, 0, columns * c * 4, 1);
      else wasmKernels().copyRuns(from, c * 4, to, channels * 4, channels * 4, columns);
    }
  }
}
