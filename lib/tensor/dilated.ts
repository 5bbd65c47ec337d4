import * as tf from "./tf.ts";

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
