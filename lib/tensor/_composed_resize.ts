/** Bilinear resizing as products with constant matrices: it is linear and separable. */
import type { MapKernels } from "./_kernels.ts";
import * as tf from "./tf.ts";

export const resizeKernels: Pick<MapKernels, "resize" | "resizeGradient"> = {
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
};

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
