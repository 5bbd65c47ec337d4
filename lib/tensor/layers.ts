import { differentiable } from "./_differentiable.ts";
import { kernels } from "./_kernels.ts";
import { resolveWindow } from "./_window.ts";
import type { Conv2dOptions } from "./conv2d.ts";
import * as tf from "./tf.ts";

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

/**
 * Applies a layer of stride 1 to the interleaved parts of a map: with a filter of 3×3 and padding 1 this is the
 * convolution with that filter dilated, with `dilation` zeros of padding, and it is differentiable on every backend.
 *
 * Pixels whose coordinates leave the same rests by `dilation` make one part; the parts enter as a batch, at the end of
 * which the map is put together again. No pixel is computed twice.
 *
 * @param x Feature map, [B, H, W, C].
 * @param dilation Pixels from one tap of the filter to the next; 1 is the layer as it is.
 * @param layer Keeps height and width, e.g. `(x) => conv2d(x, filter, { padding: 1 })`.
 * @returns Feature map, [B, H, W, D].
 * @throws RangeError if `dilation` is not a whole number above 0, or the layer changes height or width.
 * @example
 * ```ts
 * const y = dilated(x, 6, (part) => conv2d(part, filter, { padding: 1 }));
 * ```
 */
export function dilated(x: tf.Tensor4D, dilation: number, layer: (x: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  if (!(Number.isInteger(dilation) && dilation > 0)) {
    throw new RangeError(`Expected a dilation of 1, 2, 3 … but found ${dilation}`);
  }
  if (dilation === 1) return layer(x);
  const [batch, height, width, channels] = x.shape, r = dilation;
  const rows = Math.ceil(height / r), columns = Math.ceil(width / r);
  return tf.tidy(() => {
    const parts = tf.pad(x, [[0, 0], [0, rows * r - height], [0, columns * r - width], [0, 0]])
      .reshape([batch * rows, r, columns * r * channels]) // three axes: wasm is slow to swap those of five
      .transpose([1, 0, 2]) //                               [r, B·rows, columns·r·C]
      .reshape([r * batch * rows * columns, r, channels])
      .transpose([1, 0, 2]) //                               [r, r·B·rows·columns, C]
      .reshape<tf.Tensor4D>([r * r * batch, rows, columns, channels]);
    const y = layer(parts);
    if (y.shape[1] !== rows || y.shape[2] !== columns) {
      throw new RangeError(`Expected a layer that keeps ${rows}×${columns} but found ${y.shape[1]}×${y.shape[2]}`);
    }
    const depth = y.shape[3];
    return y.reshape([r, r * batch * rows * columns, depth])
      .transpose([1, 0, 2])
      .reshape([r, batch * rows, columns * r * depth])
      .transpose([1, 0, 2])
      .reshape([batch, rows * r, columns * r, depth])
      .slice([0, 0, 0, 0], [batch, height, width, depth]) as tf.Tensor4D;
  });
}
