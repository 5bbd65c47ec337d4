import { convolution } from "./_convolution.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import type * as tf from "./tf.ts";

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
