import type { Convolution, Shape } from "../_kernels.ts";
import { isPointwise } from "../_window.ts";
import type * as tf from "../tf.ts";
import { declareBindings, lanesOf } from "./_bindings.ts";
import {
  bestPlan,
  type ConvolutionCode,
  convolutionNumbers,
  convolutionSizes,
  type Planner,
  productWorkgroups,
  splitRange,
  splitRow,
} from "./_convolution_product.ts";
import { noEpilogue } from "./_epilogue.ts";
import { gather, rowMajor } from "./_gather.ts";
import { matrixProduct } from "./_matrix_product.ts";
import { productResult } from "./_product_result.ts";
import { runShader } from "./_run_shader.ts";
import { sumRows } from "./_sum_rows.ts";

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
    inputs: [x, dy],
    outputs: [plan.splits > 1 ? [plan.splits, size.rows, size.columns] : shape],
    numbers: convolutionSizes(size, { plan, x: x.shape, y: dy.shape }),
    workgroups: productWorkgroups(size, { tile: plan.tile, parts: plan.splits }),
  });
  const whole = plan.splits > 1 ? sumRows(gradient!, { rows: plan.splits, shape, epilogue: noEpilogue }) : gradient;
  return whole as tf.Tensor4D;
}

/** The program of {@linkcode convolveFilterGradient}. */
export function convolveFilterGradientCode({ window, channels, outputs, tile }: ConvolutionCode): string {
  const lanesX = lanesOf(channels), lanesY = lanesOf(outputs);
  const { size: [, columns], stride, padding: [top, , left] } = window;
  const pixels = isPointwise(window)
    ? {
      fields: "channel: i32",
      spot: "return SpotA(side);",
      index: `return k * ${channels} + spot.channel;`,
    }
    : {
      fields: "row: i32, column: i32, channel: i32",
      spot: `
  let tap = side / ${channels};
  return SpotA(tap / ${columns} - ${top}, tap % ${columns} - ${left}, side % ${channels});`,
      index: `
  let image = k / (size.newHeight * size.newWidth);
  let pixel = k % (size.newHeight * size.newWidth);
  let row = pixel / size.newWidth * ${stride} + spot.row;
  let column = pixel % size.newWidth * ${stride} + spot.column;
  if (row < 0 || row >= size.height || column < 0 || column >= size.width) { return -1; }
  return ((image * size.height + row) * size.width + column) * ${channels} + spot.channel;`,
    };
  return [
    declareBindings({
      outputs: { gradient: lanesY },
      inputs: { x: lanesX, dy: lanesY },
      numbers: convolutionNumbers,
    }),
    matrixProduct({
      tile,
      a: gather("A", { array: "x", lanes: lanesX, along: "side", ...pixels }),
      b: rowMajor({ array: "dy", lanes: lanesY, columns: outputs }),
      code: splitRange +
        productResult({ array: "gradient", columns: outputs, lanes: lanesY, row: splitRow, finish: false }),
    }),
  ].join("\n");
}
