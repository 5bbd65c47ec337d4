/** The convolution operation behind `conv2d()` and `depthwiseConv2d()`. */
import { differentiable, shareGradient } from "./_differentiable.ts";
import { type Activation, kernels } from "./_kernels.ts";
import { type PaddingOption, resolveWindow } from "./_window.ts";
import type * as tf from "./tf.ts";

/** Options of {@linkcode conv2d}. */
export interface Conv2dOptions {
  /** Step of the filter in both directions. Default: 1. */
  stride?: number;
  /**
   * Zeros around the map: a number for all four sides (PyTorch's `padding`), [[top, bottom], [left, right]],
   * `"same"` (TensorFlow's rule: ⌈n / stride⌉ outputs) or `"valid"` (none). Default: `"valid"`.
   */
  padding?: "same" | "valid" | number | readonly [readonly [number, number], readonly [number, number]];
  /** Added to every pixel, [D]. */
  bias?: tf.Tensor1D;
  /** Added to the result, [B, H', W', D]: the skip connection of a residual block. */
  addend?: tf.Tensor4D;
  /** Applied last. */
  activation?: "relu" | "relu6";
}

/**
 * Two-dimensional convolution, with what usually follows it: `activation(conv(x, filter) + bias + addend)`.
 *
 * It is one operation so that backends can compute it at once. It is differentiable in all of its tensors;
 * gradients that nobody asks for (frozen filters) cost nothing.
 *
 * | name | shape |
 * |---|---|
 * | `x` | [B, H, W, C] |
 * | `filter` | [h, w, C, D] |
 * | returns | [B, H', W', D], H' = ⌊(H + top + bottom − h) / stride⌋ + 1 |
 *
 * @param x Feature map.
 * @param filter Filter.
 * @param options Stride, padding and what follows the convolution.
 * @returns Feature map.
 * @throws RangeError if the channels differ or the filter is larger than the padded map.
 * @example
 * ```ts
 * const y = conv2d(x, params["layer1.0.conv2.weight"], { padding: 1, activation: "relu" });
 * ```
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = "valid", bias, addend, activation }: Conv2dOptions = {},
): tf.Tensor4D {
  return convolution(x, filter, { depthwise: false, stride, padding, bias, addend, activation });
}

/**
 * Convolution of every channel with a filter of its own: `activation(conv(x, filter) + bias)`.
 *
 * | name | shape |
 * |---|---|
 * | `x` | [B, H, W, C] |
 * | `filter` | [h, w, C, 1] |
 * | returns | [B, H', W', C] |
 *
 * @param x Feature map.
 * @param filter Filter.
 * @param options Stride, padding and what follows the convolution, as of `conv2d`.
 * @returns Feature map.
 * @throws RangeError if the channels differ or the filter is larger than the padded map.
 */
export function depthwiseConv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  { stride = 1, padding = "valid", bias, activation }: Omit<Conv2dOptions, "addend"> = {},
): tf.Tensor4D {
  return convolution(x, filter, { depthwise: true, stride, padding, bias, addend: undefined, activation });
}

/** Options of {@linkcode convolution}. */
interface ConvolutionOptions {
  readonly depthwise: boolean;
  readonly stride: number;
  readonly padding: PaddingOption;
  readonly bias: tf.Tensor1D | undefined;
  readonly addend: tf.Tensor4D | undefined;
  readonly activation: Activation | undefined;
}

/** activation(convolution + bias + addend) as one operation, whose backward pass computes only what is asked for. */
function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { depthwise, stride, padding, bias, addend, activation } = options;
  const [filterHeight, filterWidth, filterChannels] = filter.shape;
  if (filterChannels !== x.shape[3]) {
    throw new RangeError(`Expected a filter of ${x.shape[3]} input channels but found shape [${filter.shape}]`);
  }
  if (depthwise && filter.shape[3] !== 1) {
    throw new RangeError(`Expected a depthwise filter [h, w, C, 1] but found shape [${filter.shape}]`);
  }
  const window = resolveWindow([x.shape[1], x.shape[2]], { size: [filterHeight, filterWidth], stride, padding });
  const inputs: tf.NamedTensorMap = { x, filter };
  if (bias) inputs["bias"] = bias;
  if (addend) inputs["addend"] = addend;

  const kernel = kernels(); // the gradients' too
  return differentiable({
    inputs,
    forward(save) {
      const y = kernel.convolve(x, filter, { window, depthwise, bias, addend, activation });
      save(activation ? [x, filter, y] : [x, filter]);
      return y;
    },
    backward(dy, [x, filter, y]) {
      const d = activation
        ? shareGradient(kernel.reluGradient(dy as tf.Tensor4D, y as tf.Tensor4D, activation))
        : dy as tf.Tensor4D;
      const shapeX = (x as tf.Tensor4D).shape, shapeFilter = (filter as tf.Tensor4D).shape;
      return {
        x: () => kernel.convolveInputGradient(d, filter as tf.Tensor4D, { window, depthwise, shape: shapeX }),
        filter: () => kernel.convolveFilterGradient(d, x as tf.Tensor4D, { window, depthwise, shape: shapeFilter }),
        bias: () => kernel.sumPixels(d),
        addend: () => d.clone(),
      };
    },
  }) as tf.Tensor4D;
}
