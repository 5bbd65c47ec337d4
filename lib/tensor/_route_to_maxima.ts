import type { Shape } from "./_kernels.ts";
import type { Window } from "./_window.ts";
import type * as tf from "./tf.ts";

/** Adds each output's gradient to the first of the largest values in its window. */
export function routeToMaxima(
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
