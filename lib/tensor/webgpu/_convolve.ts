import type { Convolution, Epilogue } from "../_kernels.ts";
import { isPointwise, outputSize } from "../_window.ts";
import type * as tf from "../tf.ts";
import { epilogueCode, epilogueInputs, type EpilogueSteps, lanesOf, noEpilogue, stepsOf, typeOf } from "./_wgsl.ts";
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

/**
 * Convolution with its epilogue: the product of every output pixel's window [pixels, h · w · C] with the filter
 * [h · w · C, D].
 */
export function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: Convolution & Epilogue & { plan?: Planner },
): tf.Tensor4D {
  const { window, plan: choose = bestPlan } = options;
  const [batch, height, width, channels] = x.shape, outputs = filter.shape[3];
  const shape = [batch, ...outputSize([height, width], window), outputs] as const;
  const size = {
    rows: shape[0] * shape[1] * shape[2],
    columns: outputs,
    sum: window.size[0] * window.size[1] * channels,
  };
  const plan = choose(size, { splittable: true, copies: 1 });
  const split = plan.splits > 1;
  const epilogue = split ? noEpilogue : options;
  const code = { window, channels, outputs, tile: plan.tile, epilogue: stepsOf(epilogue) };
  const [y] = runShader({
    key: `convolve ${JSON.stringify(code)}`,
    code: () => convolveCode(code),
    inputs: { x, weights: filter, ...epilogueInputs(epilogue) },
    outputs: { y: split ? [plan.splits, size.rows, size.columns] : shape },
    type: typeOf(lanesOf(outputs)),
    types: { x: typeOf(lanesOf(channels)) },
    sizes: convolutionSizes(size, { plan, x: x.shape, y: shape }),
    workgroups: productWorkgroups(size, { tile: plan.tile, parts: plan.splits }),
  });
  return (split ? sumRows(y!, { rows: plan.splits, shape, epilogue: options }) : y) as tf.Tensor4D;
}

/** The program of {@linkcode convolve}. */
export function convolveCode(
  { window, channels, outputs, tile, epilogue }: ConvolutionCode & { epilogue: EpilogueSteps },
): string {
  const lanesX = lanesOf(channels), lanesY = lanesOf(outputs);
  const { size: [, columns], stride, padding: [top, , left] } = window;
  const pixels = isPointwise(window)
    ? { fields: "start: i32", spot: `return SpotA(side * ${channels});`, index: "return spot.start + k;" }
    : {
      fields: "row: i32, column: i32, image: i32",
      spot: `
  let image = side / (options.newHeight * options.newWidth);
  let pixel = side % (options.newHeight * options.newWidth);
  return SpotA(pixel / options.newWidth * ${stride} - ${top}, pixel % options.newWidth * ${stride} - ${left}, image);`,
      index: `
  let tap = k / ${channels};
  let row = spot.row + tap / ${columns};
  let column = spot.column + tap % ${columns};
  if (row < 0 || row >= options.height || column < 0 || column >= options.width) { return -1; }
  return ((spot.image * options.height + row) * options.width + column) * ${channels} + k % ${channels};`,
    };
  return [
    epilogueCode(epilogue, lanesY),
    matrixProduct({
      tile,
      a: gather("A", { array: "x", lanes: lanesX, along: "sum", ...pixels }),
      b: rowMajor({ array: "weights", lanes: lanesY, columns: outputs }),
      code: splitRange + productResult({ array: "y", columns: outputs, lanes: lanesY, row: splitRow, finish: true }),
    }),
  ].join("\n");
}
