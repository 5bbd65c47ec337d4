/**
 * The programs for GPUs against TensorFlow.js's plain ones, on shapes and with tiles that small tests of layers do not
 * reach; those tests, `conv2d_test.ts` and `layers_test.ts`, compare with finite differences.
 */
import { composedKernels } from "../../lib/tensor/_composed_kernels.ts";
import type { Kernels } from "../../lib/tensor/_kernels.ts";
import { outputSize, resolveWindow } from "../../lib/tensor/_window.ts";
import { type Conv2dOptions, tf, useBackend } from "../../lib/tensor/mod.ts";
import type { Planner } from "../../lib/tensor/webgpu/_convolution_product.ts";
import { convolve } from "../../lib/tensor/webgpu/_convolve.ts";
import { convolveFilterGradient, convolveInputGradient } from "../../lib/tensor/webgpu/_convolve_gradients.ts";
import { planSplits, tiles } from "../../lib/tensor/webgpu/_plan_product.ts";
import { webgpuKernels } from "../../lib/tensor/webgpu/kernels.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { hurries, onWebgpu } from "./_backends.ts";
import { sampleMap } from "./_reference.ts";

type Shape = [number, number, number, number];
type Padding = NonNullable<Conv2dOptions["padding"]>;

/** Input [B, H, W, C], outputs, filter side, stride, padding. */
const cases: [map: Shape, outputs: number, size: number, stride: number, padding: Padding][] = [
  [[1, 13, 11, 64], 21, 1, 1, 0],
  [[3, 7, 9, 21], 64, 1, 1, 0],
  [[1, 12, 13, 8], 64, 1, 2, 0],
  [[3, 9, 8, 5], 8, 3, 1, 1],
  [[1, 14, 12, 64], 64, 3, 1, 1],
  [[3, 9, 8, 8], 20, 3, 2, 1],
  [[1, 8, 12, 8], 8, 3, 2, "same"],
  [[1, 11, 14, 3], 5, 5, 3, [[0, 2], [3, 1]]],
  [[1, 23, 22, 3], 64, 7, 2, 3],
];

for (const [index, [map, outputs, size, stride, padding]] of cases.entries()) {
  const window = resolveWindow([map[1], map[2]], { size: [size, size], stride, padding });
  const what = `${size}×${size}, stride ${stride}, padding ${JSON.stringify(padding)}, [${map}] → ${outputs}`;
  const filter: Shape = [size, size, map[3], outputs];

  onWebgpu(`convolutions of any tile and split are those of TensorFlow.js: ${what}`, async () => {
    const compute = (kernels: Kernels) => {
      const x = sample(map, 1), weights = sample(filter, 2), options = { window, depthwise: false };
      const bias = sample([1, 1, 1, outputs], 3).as1D();
      const [height, width] = outputSize([map[1], map[2]], window);
      const addend = sample([map[0], height, width, outputs], 4), dy = sample(addend.shape, 5);
      return {
        y: kernels.convolve(x, weights, { ...options, bias, addend, activation: "relu6" }),
        inputGradient: kernels.convolveInputGradient(dy, weights, { ...options, shape: map }),
        filterGradient: kernels.convolveFilterGradient(dy, x, { ...options, shape: filter }),
      };
    };
    const expected = await on("cpu", () => compute(composedKernels));
    assertSame(await on("webgpu", () => compute(webgpuKernels)), { expected, name: "with the best tiles" });
    const all = tiles({ storageBytes: 32768 });
    const tile = hurries ? { ...all.at(-1)!, depth: 8 } : all[index % all.length]!;
    const parts = [1, 2, 3][Math.floor(index / 2) % 3]!;
    const cut: Planner = (size, { splittable }) => planSplits(size, { tile, splits: splittable ? parts : 1 });
    const actual = await on("webgpu", () => compute(kernelsWith(cut)));
    assertSame(actual, { expected, name: `with tiles of ${tile.rows}×${tile.columns} and ${parts} parts` });
  });
}

for (
  const [[batch, height, width], channels, size, stride] of [[[3, 9, 8], 21, 3, 1], [[1, 11, 14], 64, 5, 2]] as const
) {
  const what = `${size}×${size}, stride ${stride}, ${channels} channels`;
  const map: Shape = [batch, height, width, channels];
  const window = resolveWindow([height, width], { size: [size, size], stride, padding: [[1, 2], [0, 2]] });

  onWebgpu(`depthwise convolutions are those of TensorFlow.js: ${what}`, async () => {
    const compute = (kernels: Kernels) => {
      const x = sample(map, 1), weights = sample([size, size, channels, 1], 2), options = { window, depthwise: true };
      const bias = sample([1, 1, 1, channels], 3).as1D();
      const y = kernels.convolve(x, weights, { ...options, bias, addend: undefined, activation: "relu6" });
      const dy = sample(y.shape, 5);
      return {
        y,
        inputGradient: kernels.convolveInputGradient(dy, weights, { ...options, shape: map }),
        filterGradient: kernels.convolveFilterGradient(dy, x, { ...options, shape: [size, size, channels, 1] }),
      };
    };
    const expected = await on("cpu", () => compute(composedKernels));
    assertSame(await on("webgpu", () => compute(webgpuKernels)), { expected, name: what });
  });

  onWebgpu(`max pools are those of plain loops, the first of equal maxima taking the gradient: ${what}`, async () => {
    const compute = (kernels: Kernels) => {
      // A few different values below zero, so that many are equal and padding would win if it counted.
      const x = sample(map, 1).mul<tf.Tensor4D>(2).floor<tf.Tensor4D>().sub<tf.Tensor4D>(5);
      const { y, saved } = kernels.maxPool(x, window);
      return { y, gradient: kernels.maxPoolGradient(sample(y.shape, 2), saved, window) };
    };
    const expected = await on("cpu", () => compute(composedKernels));
    assertSame(await on("webgpu", () => compute(webgpuKernels)), { expected, name: what });
  });
}

for (const map of [[1, 2, 3, 5], [3, 61, 63, 8], [2, 70, 75, 21]] satisfies Shape[]) {
  onWebgpu(`sums of pixels and gradients of ReLUs are those of TensorFlow.js: [${map}]`, async () => {
    const compute = (kernels: Kernels) => {
      const dy = sample(map, 1), y = sample(map, 2).mul(9).clipByValue(0, 6) as tf.Tensor4D;
      return {
        sum: kernels.sumPixels(dy),
        relu: kernels.reluGradient(dy, y, "relu"),
        relu6: kernels.reluGradient(dy, y, "relu6"),
      };
    };
    const expected = await on("cpu", () => compute(composedKernels));
    assertSame(await on("webgpu", () => compute(webgpuKernels)), { expected, name: `of [${map}]` });
  });
}

onWebgpu("a NaN passes through an activation, so that a training gone wrong is noticed", async () => {
  const values = await on("webgpu", () => {
    const x = tf.fill<tf.Rank.R4>([1, 1, 1, 4], NaN), filter = tf.ones<tf.Rank.R4>([1, 1, 4, 4]);
    const window = resolveWindow([1, 1], { size: [1, 1], stride: 1, padding: 0 });
    const options = { window, depthwise: false, bias: undefined, addend: undefined };
    return {
      relu: webgpuKernels.convolve(x, filter, { ...options, activation: "relu" }),
      relu6: webgpuKernels.convolve(x, filter, { ...options, activation: "relu6" }),
    };
  });
  for (const { data } of Object.values(values)) assertEquals(Array.from(data), [NaN, NaN, NaN, NaN]);
});

/** Kernels whose products are cut as a planner says. */
function kernelsWith(plan: Planner): Kernels {
  return {
    ...webgpuKernels,
    convolve: (x, filter, options) => convolve(x, filter, { ...options, plan }),
    convolveInputGradient: (dy, filter, options) => convolveInputGradient(dy, filter, { ...options, plan }),
    convolveFilterGradient: (dy, x, options) => convolveFilterGradient(dy, x, { ...options, plan }),
  };
}

type Values = Record<string, { shape: number[]; data: ArrayLike<number> }>;

/** Computes on a backend. */
async function on(backend: "cpu" | "webgpu", compute: () => Record<string, tf.Tensor>): Promise<Values> {
  await useBackend(backend);
  const tensors = tf.tidy(compute);
  const values = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => [name, { shape: tensor.shape, data: await tensor.data() }]),
  );
  tf.dispose(tensors);
  return Object.fromEntries(values);
}

function assertSame(actual: Values, { expected, name }: { expected: Values; name: string }): void {
  for (const [part, { shape, data }] of Object.entries(expected)) {
    assertEquals(actual[part]!.shape, shape);
    assertClose(actual[part]!.data, data, { absolute: 2e-5, relative: 1e-5, name: `${part} ${name}` });
  }
}

function sample(shape: Shape, seed: number): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(sampleMap(shape, seed).data), shape);
}
