/** Kernels made of TensorFlow.js's operations: for every backend whose operations take explicit padding. */
import type { Kernels, MethodKernels, Shape } from "./_kernels.ts";
import type { Window } from "./_window.ts";
import { featurePairLosses } from "./feature_pairs.ts";
import { pathPairLosses } from "./path_pairs.ts";
import { sampleRegions, sampleRegionsGradient } from "./regions.ts";
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

  reluGradient(dy, y, activation) {
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

  // Bilinear resizing is linear and separable: products with constant matrices.
  resize(x, [height, width]) {
    const [, rows, columns] = x.shape;
    return tf.tidy(() => resample(x, { rows: matrix(rows, height), columns: matrix(columns, width) }));
  },

  resizeGradient(dy, [, rows, columns]) {
    const [, height, width] = dy.shape;
    return tf.tidy(() =>
      resample(dy, { rows: matrix(rows, height), columns: matrix(columns, width), transposed: true })
    );
  },

  groupNorm(x, { groups, scale, offset, epsilon, activation }) {
    const [y, centred, rate] = tf.tidy(() => {
      const centred = x.sub<tf.Tensor4D>(groupMean(sumPixels(x), { groups, like: x }));
      const variance = groupMean(sumPixels(centred.square()), { groups, like: x });
      const rate = variance.add(epsilon).rsqrt(); // [B, 1, 1, C]
      const y = centred.mul(rate.mul(scale)).add<tf.Tensor4D>(offset);
      return [activation ? tf.relu(y) : y, centred, rate] as [tf.Tensor4D, tf.Tensor, tf.Tensor];
    });
    return { y, saved: activation ? [scale, centred, rate, y] : [scale, centred, rate] };
  },

  groupNormGradients(dy, [scale, centred, rate, y], { groups, share }) {
    const d = y ? share(tf.tidy(() => dy.mul<tf.Tensor4D>(tf.step(y)))) : dy;
    const mean = (sums: tf.Tensor) => groupMean(sums, { groups, like: dy });
    return {
      // With z = centred · rate: dx = rate · (dz − mean(dz) − z · mean(dz · z)), dz = d · scale.
      x() {
        const meanDz = mean(sumPixels(d).mul(scale!));
        const meanDzCentred = mean(sumPixels(d.mul(centred!)).mul(scale!));
        return d.mul(rate!.mul(scale!)).sub(centred!.mul(meanDzCentred.mul(rate!.pow(3))).add(meanDz.mul(rate!)));
      },
      scale: () => sumPixels(d.mul(centred!)).mul(rate!).sum([0, 1, 2]),
      offset: () => sumPixels(d).sum([0, 1, 2]),
    };
  },
};

/** The method's operations on the processor: for every backend whose tensors can be read at once. */
export const processorKernels: MethodKernels = {
  pathPairLosses(logits, displacement, options) {
    const maps = [logits.dataSync<"float32">(), displacement.dataSync<"float32">()] as const;
    const { total, logitsGradient, displacementGradient, ...parts } = pathPairLosses(...maps, options);
    return {
      total: tf.scalar(total),
      parts: tf.tensor1d([parts.positive, parts.negative, parts.foreground, parts.background]),
      gradients: [tf.tensor(logitsGradient, logits.shape), tf.tensor(displacementGradient, displacement.shape)],
    };
  },

  featurePairLosses(features, options) {
    const { total, gradient } = featurePairLosses(features.dataSync<"float32">(), features.shape, options);
    return { total: tf.scalar(total), gradient: tf.tensor(gradient, features.shape) };
  },

  alignRegions(maps, grid) {
    const shapes = maps.map((map) => map.shape), values = maps.map((map) => map.dataSync<"float32">());
    const { length } = grid.regions;
    return tf.tensor4d(sampleRegions(values, { ...grid, shapes }), [length, grid.size, grid.size, shapes[0]![3]]);
  },

  alignRegionsGradient(dy, grid) {
    const gradients = sampleRegionsGradient(dy.dataSync<"float32">(), grid);
    return gradients.map((gradient, i) => tf.tensor(gradient, [...grid.shapes[i]!]));
  },
};

/** Runs a kernel of TensorFlow.js's. */
export function run(kernel: string, inputs: tf.NamedTensorMap, attributes: Record<string, unknown>): tf.Tensor4D {
  return tf.engine().runKernel(kernel, inputs, attributes as unknown as tf.NamedAttrMap) as tf.Tensor4D;
}

/** Attributes of a convolution, as its kernels take them. */
export function convolutionAttributes({ stride, padding }: Window) {
  return { strides: pair(stride), pad: explicit(padding), dataFormat: "NHWC", dilations: pair(1) } as const;
}

/** Attributes of a max pool. */
export function poolAttributes({ size, stride, padding }: Window) {
  return { filterSize: [...size], strides: pair(stride), pad: explicit(padding) };
}

const pair = (step: number): [number, number] => [step, step];

function explicit([top, bottom, left, right]: Window["padding"]): tf.backend_util.ExplicitPadding {
  return [[0, 0], [top, bottom], [left, right], [0, 0]];
}

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

/** Mean over pixels and a group's channels of what is given as a sum over pixels, repeated for its channels. */
function groupMean(sums: tf.Tensor, { groups, like }: { groups: number; like: tf.Tensor4D }): tf.Tensor4D {
  const [batch, height, width, channels] = like.shape;
  return sums.reshape([batch, groups, channels / groups]).mean(2, true).div(height * width)
    .tile([1, 1, channels / groups]).reshape([batch, 1, 1, channels]);
}

/**
 * Sums over the pixels of each image, [B, 1, 1, C]; products with ones, which every backend does fast, first along
 * rows, then along columns, so that no sum runs over too many small values.
 */
function sumPixels(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const rows = tf.matMul(tf.ones<tf.Rank.R3>([1, 1, width]), x.reshape([batch * height, width, channels]));
  const sums = tf.matMul(tf.ones<tf.Rank.R3>([1, 1, height]), rows.reshape([batch, height, channels]));
  return sums.reshape([batch, 1, 1, channels]);
}

/** Multiplies the rows axis and the columns axis of a map by matrices [1, to, from], or by their transposes. */
function resample(
  x: tf.Tensor4D,
  { rows, columns, transposed = false }: { rows: tf.Tensor3D; columns: tf.Tensor3D; transposed?: boolean },
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const newHeight = rows.shape[transposed ? 2 : 1], newWidth = columns.shape[transposed ? 2 : 1];
  const byRows = tf.matMul(rows, x.reshape([batch, height, width * channels]), transposed); // [B, H', W·C]
  const byColumns = tf.matMul(columns, byRows.reshape([batch * newHeight, width, channels]), transposed); // [B·H', W', C]
  return byColumns.reshape([batch, newHeight, newWidth, channels]);
}

/** Weights [1, to, from] of linear interpolation between `from` samples at `to` places. */
function matrix(from: number, to: number): tf.Tensor3D {
  const weights = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const place = Math.max((i + 0.5) * from / to - 0.5, 0);
    const low = Math.min(Math.floor(place), from - 1), high = Math.min(low + 1, from - 1);
    weights[i * from + low]! += 1 - (place - low);
    weights[i * from + high]! += place - low;
  }
  return tf.tensor3d(weights, [1, to, from]);
}
