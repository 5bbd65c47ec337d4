import type { Shape } from "../_kernels.ts";
import { outputSize, type Window } from "../_window.ts";
import type * as tf from "../tf.ts";
import { invocationsCode, type Lanes, lanesOf, typeOf, workgroupsFor } from "./_wgsl.ts";
import { runShader } from "./_run_shader.ts";

/** Maxima over windows. */
export function maxPool(x: tf.Tensor4D, window: Window): tf.Tensor4D {
  return overWindows(x, window, "maxima");
}

/** Adds each output's gradient to the first of the largest values in its window. */
export function maxPoolGradient(dy: tf.Tensor4D, x: tf.Tensor4D, window: Window): tf.Tensor4D {
  const places = overWindows(x, window, "places");
  const lanes = lanesOf(x.shape[3]), count = x.size / lanes;
  const [dx] = runShader({
    key: `maxPoolGradient ${JSON.stringify({ window, lanes })}`,
    code: () => maxPoolGradientCode(window, lanes),
    inputs: { dy, places },
    outputs: { dx: x.shape },
    type: typeOf(lanes),
    sizes: poolSizes(count, { x: x.shape, y: dy.shape }),
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}

/** The largest values of all windows, or their places in the windows, counted row by row. */
type Sought = "maxima" | "places";

function overWindows(x: tf.Tensor4D, window: Window, sought: Sought): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape, lanes = lanesOf(channels);
  const shape = [batch, ...outputSize([height, width], window), channels] as const;
  const count = shape[0] * shape[1] * shape[2] * channels / lanes;
  const [y] = runShader({
    key: `maxPool ${JSON.stringify({ sought, window, lanes })}`,
    code: () => maxPoolCode(window, { lanes, sought }),
    inputs: { x },
    outputs: { y: shape },
    type: typeOf(lanes),
    sizes: poolSizes(count, { x: x.shape, y: shape }),
    workgroups: workgroupsFor(count),
  });
  return y as tf.Tensor4D;
}

function poolSizes(count: number, { x, y }: { x: Shape; y: Shape }) {
  return { count, channels: x[3] / lanesOf(x[3]), height: x[1], width: x[2], newHeight: y[1], newWidth: y[2] };
}

/** The program of {@linkcode maxPool}. */
function maxPoolCode(window: Window, { lanes, sought }: { lanes: Lanes; sought: Sought }): string {
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  const type = typeOf(lanes);
  return invocationsCode(`
  let channel = i % options.channels;
  let pixel = i / options.channels;
  let column = pixel % options.newWidth * ${stride} - ${left};
  let row = pixel / options.newWidth % options.newHeight * ${stride} - ${top};
  let image = pixel / options.newWidth / options.newHeight;
  var largest = ${type}(-3.4e38);
  var place = ${type}(-1.0);
  for (var r = max(-row, 0); r < min(${rows}, options.height - row); r++) {
    for (var c = max(-column, 0); c < min(${columns}, options.width - column); c++) {
      let value = x[((image * options.height + row + r) * options.width + column + c) * options.channels + channel];
      let better = (value > largest) | (place < ${type}());
      largest = select(largest, value, better);
      place = select(place, ${type}(f32(r * ${columns} + c)), better);
    }
  }
  y[i] = ${sought === "maxima" ? "largest" : "place"};`);
}

/** The program of {@linkcode maxPoolGradient}. */
function maxPoolGradientCode(window: Window, lanes: Lanes): string {
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  const type = typeOf(lanes);
  return invocationsCode(`
  let channel = i % options.channels;
  let pixel = i / options.channels;
  let column = pixel % options.width + ${left};
  let row = pixel / options.width % options.height + ${top};
  let image = pixel / options.width / options.height;
  var sum = ${type}();
  for (var r = row % ${stride}; r < ${rows}; r += ${stride}) {
    let newRow = (row - r) / ${stride};
    if (row < r || newRow >= options.newHeight) { continue; }
    for (var c = column % ${stride}; c < ${columns}; c += ${stride}) {
      let newColumn = (column - c) / ${stride};
      if (column < c || newColumn >= options.newWidth) { continue; }
      let at = ((image * options.newHeight + newRow) * options.newWidth + newColumn) * options.channels + channel;
      sum += select(${type}(), dy[at], places[at] == ${type}(f32(r * ${columns} + c)));
    }
  }
  dx[i] = sum;`);
}
