import { differentiable } from "./_differentiable.ts";
import { kernels } from "./_kernels.ts";
import type * as tf from "./tf.ts";

/**
 * Bilinear resizing between pixel centres (PyTorch's `interpolate(mode="bilinear", align_corners=False)`).
 *
 * @param x Feature map [B, h, w, C].
 * @param size Height and width of the result; smaller ones than h and w are sampled without smoothing.
 * @returns Feature map [B, H, W, C].
 * @throws RangeError if the size is not positive.
 * @example
 * ```ts
 * const doubled = upsampleBilinear(x, [2 * x.shape[1], 2 * x.shape[2]]);
 * ```
 */
export function upsampleBilinear(x: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  if (!(height > 0 && width > 0)) throw new RangeError(`Expected a positive size but found ${height}×${width}`);
  const { shape } = x;
  if (shape[1] === height && shape[2] === width) return x.clone();
  return differentiable({
    inputs: { x },
    forward: () => kernels().resize(x, [height, width]),
    backward: (dy) => ({ x: () => kernels().resizeGradient(dy as tf.Tensor4D, shape) }),
  }) as tf.Tensor4D;
}
