import type { Shape } from "../_kernels.ts";
import { outputSize, type Window } from "../_window.ts";
import type * as tf from "../tf.ts";
import { declareBindings, invocationsCode, type Lanes, lanesOf, typeOf, workgroupsFor } from "./_wgsl.ts";
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
    inputs: [dy, places],
    outputs: [x.shape],
    numbers: poolSizes(count, { x: x.shape, y: dy.shape }),
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
    inputs: [x],
    outputs: [shape],
    numbers: poolSizes(count, { x: x.shape, y: shape }),
    workgroups: workgroupsFor(count),
  });
  return y as tf.Tensor4D;
}

const numbers = ["count", "channels", "height", "width", "newHeight", "newWidth"] as const;

function poolSizes(count: number, { x, y }: { x: Shape; y: Shape }): number[] {
  return [count, x[3] / lanesOf(x[3]), x[1], x[2], y[1], y[2]];
}

/** The program of {@linkcode maxPool}. */
export function maxPoolCode(window: Window, { lanes, sought }: { lanes: Lanes; sought: Sought }): string {
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  const type = typeOf(lanes);
  return declareBindings({ outputs: { y: lanes }, inputs: { x: lanes }, numbers }) + invocationsCode(`
  let channel = i % size.channels;
  let pixel = i / size.channels;
  let column = pixel % size.newWidth * ${stride} - ${left};
  let row = pixel / size.newWidth % size.newHeight * ${stride} - ${top};
  let image = pixel / size.newWidth / size.newHeight;
  var largest = ${type}(-3.4e38);
  var place = ${type}(-1.0);
  for (var r = max(-row, 0); r < min(${rows}, size.height - row); r++) {
    for (var c = max(-column, 0); c < min(${columns}, size.width - column); c++) {
      let value = x[((image * size.height + row + r) * size.width + column + c) * size.channels + channel];
      let better = (value > largest) | (place < ${type}());
      largest = select(largest, value, better);
      place = select(place, ${type}(f32(r * ${columns} + c)), better);
    }
  }
  y[i] = ${sought === "maxima" ? "largest" : "place"};`);
}

/** The program of {@linkcode maxPoolGradient}. */
export function maxPoolGradientCode(window: Window, lanes: Lanes): string {
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  const type = typeOf(lanes);
  return declareBindings({ outputs: { dx: lanes }, inputs: { dy: lanes, places: lanes }, numbers }) + invocationsCode(`
  let channel = i % size.channels;
  let pixel = i / size.channels;
  let column = pixel % size.width + ${left};
  let row = pixel / size.width % size.height + ${top};
  let image = pixel / size.width / size.height;
  var sum = ${type}();
  for (var r = row % ${stride}; r < ${rows}; r += ${stride}) {
    let newRow = (row - r) / ${stride};
    if (row < r || newRow >= size.newHeight) { continue; }
    for (var c = column % ${stride}; c < ${columns}; c += ${stride}) {
      let newColumn = (column - c) / ${stride};
      if (column < c || newColumn >= size.newWidth) { continue; }
      let at = ((image * size.newHeight + newRow) * size.newWidth + newColumn) * size.channels + channel;
      sum += select(${type}(), dy[at], places[at] == ${type}(f32(r * ${columns} + c)));
    }
  }
  dx[i] = sum;`);
}
