/** Depthwise convolution and its gradients: every invocation works on one channel, or on four where they come by fours. */
import type { Convolution, Epilogue, Shape } from "../_kernels.ts";
import { outputSize, type Window } from "../_window.ts";
import type * as tf from "../tf.ts";
import {
  epilogueCode,
  epilogueInputs,
  type EpilogueSteps,
  invocationsCode,
  lanesOf,
  noEpilogue,
  stepsOf,
  typeOf,
  workgroupsFor,
} from "./_wgsl.ts";
import { runShader } from "./_run_shader.ts";
import { sumRows } from "./_sum_rows.ts";

/** Invocations that keep a large GPU busy. */
const enough = 65536;

/** What depthwise programs are written for; sizes of maps are left open. */
interface DepthwiseCode {
  readonly window: Window;
  readonly channels: number;
}

/** Depthwise convolution with its epilogue. */
export function convolveDepthwise(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  options: Omit<Convolution, "depthwise"> & Epilogue,
): tf.Tensor4D {
  const { window } = options;
  const [batch, height, width, channels] = x.shape;
  const shape = [batch, ...outputSize([height, width], window), channels] as const;
  const count = shape[0] * shape[1] * shape[2] * channels / lanesOf(channels);
  const code = { window, channels, epilogue: stepsOf(options) };
  const [y] = runShader({
    key: `convolveDepthwise ${JSON.stringify(code)}`,
    code: () => convolveDepthwiseCode(code),
    inputs: { x, weights: filter, ...epilogueInputs(options) },
    outputs: { y: shape },
    type: typeOf(lanesOf(channels)),
    sizes: sizes(count, { x: x.shape, y: shape, chunks: 1 }),
    workgroups: workgroupsFor(count),
  });
  return y as tf.Tensor4D;
}

/** Gradient of a depthwise convolution for its input. */
export function convolveDepthwiseInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  { window, shape }: Omit<Convolution, "depthwise"> & { shape: Shape },
): tf.Tensor4D {
  const channels = shape[3], count = shape[0] * shape[1] * shape[2] * channels / lanesOf(channels);
  const code = { window, channels };
  const [dx] = runShader({
    key: `convolveDepthwiseInputGradient ${JSON.stringify(code)}`,
    code: () => convolveDepthwiseInputGradientCode(code),
    inputs: { dy, weights: filter },
    outputs: { dx: shape },
    type: typeOf(lanesOf(channels)),
    sizes: sizes(count, { x: shape, y: dy.shape, chunks: 1 }),
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}

/** Gradient of a depthwise convolution for its filter: sums over chunks of pixels, then over the chunks. */
export function convolveDepthwiseFilterGradient(
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  { window, shape }: Omit<Convolution, "depthwise"> & { shape: Shape },
): tf.Tensor4D {
  const channels = shape[2], vectors = channels / lanesOf(channels);
  const pixels = dy.size / channels;
  const chunks = Math.min(Math.ceil(enough / vectors), pixels);
  const code = { window, channels };
  const [parts] = runShader({
    key: `convolveDepthwiseFilterGradient ${JSON.stringify(code)}`,
    code: () => convolveDepthwiseFilterGradientCode(code),
    inputs: { x, dy },
    outputs: { parts: [chunks, shape[0], shape[1], channels] },
    type: typeOf(lanesOf(channels)),
    sizes: sizes(chunks * vectors, { x: x.shape, y: dy.shape, chunks }),
    workgroups: workgroupsFor(chunks * vectors),
  });
  const sum = sumRows(parts!, { rows: chunks, shape: [shape[0], shape[1], channels], epilogue: noEpilogue });
  return sum.reshape([...shape]);
}

function sizes(count: number, { x, y, chunks }: { x: Shape; y: Shape; chunks: number }) {
  const pixels = y[0] * y[1] * y[2];
  return { count, pixels, chunks, height: x[1], width: x[2], newHeight: y[1], newWidth: y[2] };
}

/** The program of {@linkcode convolveDepthwise}. */
function convolveDepthwiseCode(
  { window, channels, epilogue }: DepthwiseCode & { epilogue: EpilogueSteps },
): string {
  const lanes = lanesOf(channels), vectors = channels / lanes;
  const { stride, padding: [top, , left] } = window;
  return epilogueCode(epilogue, lanes) + invocationsCode(`
  let channel = i % ${vectors};
  let pixel = i / ${vectors};
  let left = pixel % options.newWidth * ${stride} - ${left};
  let top = pixel / options.newWidth % options.newHeight * ${stride} - ${top};
  let image = pixel / options.newWidth / options.newHeight;
  var sum = ${typeOf(lanes)}();
${
    eachTap(window, ({ row, column, tap }) => `
  {
    let row = top + ${row};
    let column = left + ${column};
    if (row >= 0 && row < options.height && column >= 0 && column < options.width) {
      let at = ((image * options.height + row) * options.width + column) * ${vectors} + channel;
      sum = fma(x[at], weights[${tap * vectors} + channel], sum);
    }
  }`)
  }
  y[i] = finish(sum, i, channel);`);
}

/** The program of {@linkcode convolveDepthwiseInputGradient}. */
function convolveDepthwiseInputGradientCode({ window, channels }: DepthwiseCode): string {
  const lanes = lanesOf(channels), vectors = channels / lanes;
  const { stride, padding: [top, , left] } = window;
  return invocationsCode(`
  let channel = i % ${vectors};
  let pixel = i / ${vectors};
  let right = pixel % options.width + ${left};
  let bottom = pixel / options.width % options.height + ${top};
  let image = pixel / options.width / options.height;
  var sum = ${typeOf(lanes)}();
${
    eachTap(window, ({ row, column, tap }) => `
  {
    let row = (bottom - ${row}) / ${stride};
    let column = (right - ${column}) / ${stride};
    if (row * ${stride} == bottom - ${row} && column * ${stride} == right - ${column} &&
        row >= 0 && row < options.newHeight && column >= 0 && column < options.newWidth) {
      let at = ((image * options.newHeight + row) * options.newWidth + column) * ${vectors} + channel;
      sum = fma(dy[at], weights[${tap * vectors} + channel], sum);
    }
  }`)
  }
  dx[i] = sum;`);
}

/** The program of {@linkcode convolveDepthwiseFilterGradient}. */
function convolveDepthwiseFilterGradientCode({ window, channels }: DepthwiseCode): string {
  const lanes = lanesOf(channels), vectors = channels / lanes;
  const { size: [rows, columns], stride, padding: [top, , left] } = window;
  return invocationsCode(`
  let channel = i % ${vectors};
  let chunk = i / ${vectors};
${eachTap(window, ({ tap }) => `  var sum${tap} = ${typeOf(lanes)}();\n`)}
  for (var pixel = chunk; pixel < options.pixels; pixel += options.chunks) {
    let gradient = dy[pixel * ${vectors} + channel];
    let left = pixel % options.newWidth * ${stride} - ${left};
    let top = pixel / options.newWidth % options.newHeight * ${stride} - ${top};
    let image = pixel / options.newWidth / options.newHeight;
${
    eachTap(window, ({ row, column, tap }) => `
    {
      let row = top + ${row};
      let column = left + ${column};
      if (row >= 0 && row < options.height && column >= 0 && column < options.width) {
        let at = ((image * options.height + row) * options.width + column) * ${vectors} + channel;
        sum${tap} = fma(x[at], gradient, sum${tap});
      }
    }`)
  }
  }
${
    eachTap(window, ({ tap }) =>
      `  parts[(chunk * ${rows * columns} + ${tap}) * ${vectors} + channel] = sum${tap};\n`)
  }`);
}

/** Writes something for every tap of a filter. */
function eachTap(
  { size: [rows, columns] }: Window,
  write: (place: { row: number; column: number; tap: number }) => string,
): string {
  return Array.from(
    { length: rows * columns },
    (_, tap) => write({ row: Math.floor(tap / columns), column: tap % columns, tap }),
  ).join("");
}
