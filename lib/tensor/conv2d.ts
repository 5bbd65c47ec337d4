import { convolution } from "./_convolution.ts";
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
  /** Rectifier applied last. */
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
