import { differentiable } from "./_differentiable.ts";
import { kernels } from "./_kernels.ts";
import { resolveWindow } from "./_window.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import type * as tf from "./tf.ts";

/** Options of {@linkcode maxPool}. */
export interface MaxPoolOptions {
  /** Side of the window. */
  size: number;
  /** Step of the window in both directions. */
  stride: number;
  /** Rows and columns around the map that never win, as of `conv2d`. Default: `"valid"`. */
  padding?: NonNullable<Conv2dOptions["padding"]>;
}

/**
 * Maximum over windows; of equal maxima the first one gets the gradient.
 *
 * @param x Feature map [B, H, W, C].
 * @param options Window.
 * @returns Feature map [B, H', W', C], H' = ⌊(H + top + bottom − size) / stride⌋ + 1.
 * @throws RangeError if the window is larger than the padded map or the padding is not smaller than the window.
 */
export function maxPool(x: tf.Tensor4D, { size, stride, padding = "valid" }: MaxPoolOptions): tf.Tensor4D {
  const window = resolveWindow([x.shape[1], x.shape[2]], { size: [size, size], stride, padding });
  if (window.padding.some((value) => value >= size)) {
    throw new RangeError(`Expected padding smaller than the window of ${size} but found [${window.padding}]`);
  }
  return differentiable({
    inputs: { x },
    forward(save) {
      const { y, saved } = kernels().maxPool(x, window);
      save(saved);
      return y;
    },
    backward: (dy, saved) => ({ x: () => kernels().maxPoolGradient(dy as tf.Tensor4D, saved, window) }),
  }) as tf.Tensor4D;
}
