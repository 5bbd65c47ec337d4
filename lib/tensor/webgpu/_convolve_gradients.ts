import type { Convolution, Shape } from "../_kernels.ts";
import { isPointwise } from "../_window.ts";
import type * as tf from "../tf.ts";
import {
  bestPlan,
  type ConvolutionCode,
  convolutionSizes,
  gather,
  type Planner,
  productResult,
  productWorkgroups,
  rowMajor,
  splitRange,
  splitRow,
} from "./_convolution_product.ts";
import { matrixProduct } from "./_matrix_product.ts";
import { runShader } from "./_run_shader.ts";
import { sumRows } from "./_sum_rows.ts";
import { lanesOf, noEpilogue, typeOf } from "./_wgsl.ts";

/**
 * Gradient of a convolution for its input: the product of all output gradients that a pixel has a part in
 * [pixels, taps · D] with the filter's transpose [taps · D, C].
 *
 * With a stride s, pixels fall into s² classes by row and column modulo s, and each class meets taps of its own. The
 * classes are the parts of the program's work; each is a convolution of stride 1 over dy, and no zeros are multiplied.
 */
export function convolveInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  { window, shape, plan: choose = bestPlan }: Convolution & { shape: Shape; plan?: Planner },
): tf.Tensor4D {
  const [batch, height, width, channels] = shape, outputs = filter.shape[3];
  const { stride, size: [rows, columns] } = window;
  const classes = stride * stride;
  const size = {
    rows: batch * Math.ceil(height / stride) * Math.ceil(width / stride), // of a class
    columns: channels,
    sum: Math.ceil(rows / stride) * Math.ceil(columns / stride) * outputs, // at most
  };
  const plan = choose(size, { splittable: classes === 1, copies: classes });
  const code = { window, channels, outputs, tile: plan.tile };
  const [dx] = runShader({
    key: `convolveInputGradient ${JSON.stringify(code)}`,
    code: () => convolveInputGradientCode(code),
    inputs: { dy, weights: filter },
    outputs: { dx: plan.splits > 1 ? [plan.splits, size.rows, size.columns] : shape },
    type: typeOf(lanesOf(outputs)),
    types: { dx: typeOf(lanesOf(channels)) },
    sizes: convolutionSizes(size, { plan, x: shape, y: dy.shape }),
    workgroups: productWorkgroups(size, { tile: plan.tile, parts: classes * plan.splits }),
  });
  return (plan.splits > 1 ? sumRows(dx!, { rows: plan.splits, shape, epilogue: noEpilogue }) : dx) as tf.Tensor4D;
}

/** The program of {@linkcode convolveInputGradient}. */
function convolveInputGradientCode({ window, channels, outputs, tile }: ConvolutionCode): string {
  const lanesX = lanesOf(channels), lanesY = lanesOf(outputs);
  const operands = isPointwise(window) ? pointwise(outputs) : taps({ window, channels, outputs });
  return matrixProduct({
    tile,
    a: gather("A", { array: "dy", lanes: lanesY, along: "sum", ...operands.gradients }),
    b: gather("B", { array: "weights", lanes: lanesY, along: "sum", ...operands.weights }),
    code: operands.range +
      productResult({ array: "dx", columns: channels, lanes: lanesX, row: operands.row, finish: false }),
  });
}

function pointwise(outputs: number) {
  return {
    range: splitRange,
    row: splitRow,
    gradients: { fields: "start: i32", spot: `return SpotA(side * ${outputs});`, index: "return spot.start + k;" },
    weights: { fields: "start: i32", spot: `return SpotB(side * ${outputs});`, index: "return spot.start + k;" },
  };
}

function taps({ window, channels, outputs }: Omit<ConvolutionCode, "tile">) {
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  // Of a class: its row and column modulo the stride, its first tap, and how many taps there are from that one on.
  const classOf = stride === 1
    ? `
struct Class { row: i32, column: i32, firstRow: i32, firstColumn: i32, rows: i32, columns: i32 }
fn classOf(part: i32) -> Class { return Class(0, 0, 0, 0, ${rows}, ${columns}); }`
    : `
struct Class { row: i32, column: i32, firstRow: i32, firstColumn: i32, rows: i32, columns: i32 }
fn classOf(part: i32) -> Class {
  let row = part / ${stride};
  let column = part % ${stride};
  let firstRow = (row + ${top}) % ${stride};
  let firstColumn = (column + ${left}) % ${stride};
  return Class(row, column, firstRow, firstColumn,
    (${rows + stride - 1} - firstRow) / ${stride}, (${columns + stride - 1} - firstColumn) / ${stride});
}`;
  const range = stride === 1 ? splitRange : `
fn range(part: i32) -> vec2<i32> {
  let taps = classOf(part);
  return vec2<i32>(0, taps.rows * taps.columns * ${outputs});
}`;
  const grid = `
  let high = (options.height + ${stride - 1}) / ${stride};
  let wide = (options.width + ${stride - 1}) / ${stride};
  let image = m / (high * wide);
  let pixel = m % (high * wide);`;
  return {
    range: classOf + range,
    row: stride === 1 ? splitRow : `
  if (m >= options.rows) { return -1; }${grid}
  let row = pixel / wide * ${stride} + part / ${stride};
  let column = pixel % wide * ${stride} + part % ${stride};
  if (row >= options.height || column >= options.width) { return -1; }
  return (image * options.height + row) * options.width + column;`,
    gradients: {
      // The output that the first tap belongs to; those of later taps lie before it.
      fields: "row: i32, column: i32, image: i32, columns: i32",
      spot: `
  let m = side;${grid}
  let taps = classOf(part);
  return SpotA(
    pixel / wide + (taps.row + ${top} - taps.firstRow) / ${stride},
    pixel % wide + (taps.column + ${left} - taps.firstColumn) / ${stride},
    image, taps.columns);`,
      index: `
  let tap = k / ${outputs};
  let row = spot.row - tap / spot.columns;
  let column = spot.column - tap % spot.columns;
  if (row < 0 || row >= options.newHeight || column < 0 || column >= options.newWidth) { return -1; }
  return ((spot.image * options.newHeight + row) * options.newWidth + column) * ${outputs} + k % ${outputs};`,
    },
    weights: {
      fields: "channel: i32, row: i32, column: i32, columns: i32",
      spot: `
  let taps = classOf(part);
  return SpotB(side, taps.firstRow, taps.firstColumn, taps.columns);`,
      index: `
  let tap = k / ${outputs};
  let row = spot.row + tap / spot.columns * ${stride};
  let column = spot.column + tap % spot.columns * ${stride};
  return ((row * ${columns} + column) * ${channels} + spot.channel) * ${outputs} + k % ${outputs};`,
    },
  };
}

/**
 * Gradient of a convolution for its filter: the product of what each tap sees [h · w · C, pixels] with the output
 * gradients [pixels, D]. There are many pixels and few results, so that the sum is usually cut into parts.
 */
export function convolveFilterGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  { window, shape, plan: choose = bestPlan }: Convolution & { shape: Shape; plan?: Planner },
): tf.Tensor4D {
  const [, , channels, outputs] = shape;
  const size = {
    rows: window.size[0] * window.size[1] * channels,
    columns: outputs,
    sum: dy.shape[0] * dy.shape[1] * dy.shape[2],
  };
  const plan = choose(size, { splittable: true, copies: 1 });
  const code = { window, channels, outputs, tile: plan.tile };
  const [gradient] = runShader({
    key: `convolveFilterGradient ${JSON.stringify(code)}`,
    code: () => convolveFilterGradientCode(code),
    inputs: { x, dy },
    outputs: { gradient: plan.splits > 1 ? [plan.splits, size.rows, size.columns] : shape },
    type: typeOf(lanesOf(outputs)),
    types: { x: typeOf(lanesOf(channels)) },
    sizes: convolutionSizes(size, { plan, x: x.shape, y: dy.shape }),
    workgroups: productWorkgroups(size, { tile: plan.tile, parts: plan.splits }),
  });
  const whole = plan.splits > 1 ? sumRows(gradient!, { rows: plan.splits, shape, epilogue: noEpilogue }) : gradient;
  return whole as tf.Tensor4D;
}

/** The program of {@linkcode convolveFilterGradient}. */
function convolveFilterGradientCode({ window, channels, outputs, tile }: ConvolutionCode): string {
  const lanesX = lanesOf(channels), lanesY = lanesOf(outputs);
  const { size: [, columns], stride, padding: [top, , left] } = window;
  const pixels = isPointwise(window)
    ? { fields: "channel: i32", spot: "return SpotA(side);", index: `return k * ${channels} + spot.channel;` }
    : {
      fields: "row: i32, column: i32, channel: i32",
      spot: `
  let tap = side / ${channels};
  return SpotA(tap / ${columns} - ${top}, tap % ${columns} - ${left}, side % ${channels});`,
      index: `
  let image = k / (options.newHeight * options.newWidth);
  let pixel = k % (options.newHeight * options.newWidth);
  let row = pixel / options.newWidth * ${stride} + spot.row;
  let column = pixel % options.newWidth * ${stride} + spot.column;
  if (row < 0 || row >= options.height || column < 0 || column >= options.width) { return -1; }
  return ((image * options.height + row) * options.width + column) * ${channels} + spot.channel;`,
    };
  return matrixProduct({
    tile,
    a: gather("A", { array: "x", lanes: lanesX, along: "side", ...pixels }),
    b: rowMajor({ array: "dy", lanes: lanesY, columns: outputs }),
    code: splitRange +
      productResult({ array: "gradient", columns: outputs, lanes: lanesY, row: splitRow, finish: false }),
  });
}
