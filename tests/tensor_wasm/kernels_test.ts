import { assert, assertAlmostEquals, assertClose, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { conv2d, useBackend } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { allocate } from "../../lib/tensor/wasm/_runtime.ts";
import { registerWasmTrainingKernels } from "../../lib/tensor/wasm/register.ts";

type Values = Record<string, { shape: number[]; data: Float32Array }>;

type Compute = (inputs: Record<string, tf.Tensor>) => tf.Tensor | tf.Tensor[];

/** Reproducible values between −1 and 1. */
function values(shapes: Record<string, number[]>): Values {
  let state = 1;
  const next = () => {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    return state / 2 ** 31 - 1;
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { shape, data: Float32Array.from({ length: tf.util.sizeFromShape(shape) }, next) },
    ]),
  );
}

function tensor4d({ shape, data }: Values[string]): tf.Tensor4D {
  return tf.tensor(data, shape as [number, number, number, number]);
}

/** Results of a function on one backend. */
function resultsOn(backend: string, inputs: Values, compute: Compute): { shape: number[]; data: Float32Array }[] {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([k, v]) => [k, tf.tensor(v.data, v.shape)]));
  assertEquals(tf.getBackend(), backend);
  const before = tf.memory().numTensors;
  const outputs = [tf.tidy(() => compute(tensors))].flat();
  assertEquals(tf.memory().numTensors, before + outputs.length, "tensors leak");
  const results = outputs.map((t) => ({ shape: t.shape, data: t.dataSync() as Float32Array }));
  tf.dispose([...outputs, ...Object.values(tensors)]);
  return results;
}

/** Checks that `wasm` computes what the plain JavaScript backend does. */
async function assertSameAsCpu(shapes: Record<string, number[]>, compute: Compute): Promise<void> {
  const inputs = values(shapes);
  await useBackend("wasm");
  const actual = resultsOn("wasm", inputs, compute);
  await useBackend("cpu");
  const expected = resultsOn("cpu", inputs, compute);
  assertEquals(actual.map((r) => r.shape), expected.map((r) => r.shape));
  actual.forEach(({ data }, i) => {
    const scale = expected[i]!.data.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-3);
    assertClose(data, expected[i]!.data, { absolute: 2e-6 * scale, relative: 1e-5, name: `output ${i}` });
  });
}

interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  stride: number;
  padding: "same" | "valid" | [[0, 0], [number, number], [number, number], [0, 0]];
}

const cases: Case[] = [
  { x: [2, 7, 6, 3], filter: [3, 3, 3, 5], stride: 1, padding: "same" },
  { x: [2, 7, 6, 3], filter: [3, 3, 3, 16], stride: 2, padding: "same" },
  { x: [1, 9, 8, 8], filter: [3, 3, 8, 12], stride: 2, padding: [[0, 0], [1, 1], [1, 1], [0, 0]] },
  { x: [3, 5, 5, 24], filter: [1, 1, 24, 4], stride: 1, padding: "valid" },
  { x: [2, 5, 6, 7], filter: [1, 1, 7, 9], stride: 2, padding: "valid" },
  { x: [2, 8, 9, 4], filter: [5, 3, 4, 8], stride: 1, padding: "valid" },
  { x: [1, 11, 10, 2], filter: [7, 7, 2, 6], stride: 3, padding: "same" },
  { x: [1, 4, 4, 1], filter: [2, 2, 1, 1], stride: 1, padding: [[0, 0], [2, 0], [0, 3], [0, 0]] },
  { x: [1, 70, 70, 20], filter: [2, 3, 20, 11], stride: 1, padding: "same" },
  { x: [2, 9, 11, 20], filter: [3, 3, 20, 16], stride: 1, padding: "same" },
  { x: [1, 30, 31, 36], filter: [3, 3, 36, 48], stride: 1, padding: "valid" },
  { x: [2, 10, 9, 16], filter: [3, 3, 16, 28], stride: 1, padding: [[0, 0], [2, 0], [1, 3], [0, 0]] },
];

for (const { x, filter, stride, padding } of cases) {
  const name = `[${x}] ∗ [${filter}], stride ${stride}, ${JSON.stringify(padding)}`;

  Deno.test(`Conv2D and its gradients equal the cpu backend's: ${name}`, () =>
    assertSameAsCpu({ x, filter }, ({ x, filter }) => {
      const convolve = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, stride, padding);
      const y = convolve(x as tf.Tensor4D, filter as tf.Tensor4D);
      const { grads } = tf.valueAndGrads((x, filter) =>
        convolve(x as tf.Tensor4D, filter as tf.Tensor4D).square().sum()
      )([x!, filter!]);
      return [y, ...grads];
    }));

  Deno.test(`depthwise gradients equal the cpu backend's: ${name}`, () =>
    assertSameAsCpu(
      { x, filter: [filter[0], filter[1], x[3], 1] },
      ({ x, filter }) =>
        tf.grads((x, filter) =>
          tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, padding).square().sum()
        )([x!, filter!]),
    ));

  Deno.test(`MaxPool and its gradient equal the cpu backend's: ${name}`, async () => {
    if (Array.isArray(padding) && padding.flat().some((p) => p >= filter[0])) return;
    await assertSameAsCpu({ x }, ({ x }) => {
      const pool = (x: tf.Tensor4D) => tf.maxPool(x, [filter[0], filter[1]], stride, padding);
      return [pool(x as tf.Tensor4D), tf.grad((x) => pool(x as tf.Tensor4D).square().sum())(x!)];
    });
  });
}

Deno.test("a dilated Conv2D and its gradients are those of a filter with holes", async () => {
  await useBackend("wasm");
  const { x, filter } = values({ x: [2, 9, 8, 4], filter: [3, 3, 4, 5] });
  const [tx, tw] = [tensor4d(x!), tensor4d(filter!)];
  /** Index in the filter with holes, [5, 5, 4, 5], of a value of the filter. */
  const spread = (i: number) => (Math.floor(i / 60) * 2 * 5 + Math.floor(i / 20) % 3 * 2) * 20 + i % 20;
  const holes = new Float32Array(5 * 5 * 20);
  filter!.data.forEach((value, i) => holes[spread(i)] = value);
  const th = tensor4d({ shape: [5, 5, 4, 5], data: holes });

  const y = tf.conv2d(tx, tw, 1, "same", "NHWC", 2);
  assertClose(y.dataSync(), tf.conv2d(tx, th, 1, "same").dataSync(), { absolute: 1e-5 });

  // TensorFlow.js has no gradient for dilated convolutions, but the kernels know dilations.
  const attributes = { strides: [1, 1], pad: "same", dataFormat: "NHWC" };
  const run = (name: string, inputs: tf.NamedTensorMap, more: tf.NamedAttrMap) =>
    tf.engine().runKernel(name, inputs, { ...attributes, ...more }) as tf.Tensor;
  const dx = run("Conv2DBackpropInput", { dy: y, filter: tw }, { inputShape: tx.shape, dilations: [2, 2] });
  const dxHoles = run("Conv2DBackpropInput", { dy: y, filter: th }, { inputShape: tx.shape });
  assertClose(dx.dataSync(), dxHoles.dataSync(), { absolute: 1e-4 });
  const dw = run("Conv2DBackpropFilter", { x: tx, dy: y }, { filterShape: tw.shape, dilations: [2, 2] });
  const dwHoles = run("Conv2DBackpropFilter", { x: tx, dy: y }, { filterShape: th.shape }).dataSync();
  assertClose(dw.dataSync(), filter!.data.map((_, i) => dwHoles[spread(i)]!), { absolute: 1e-4 });
});

Deno.test("the gradient of an average pool with padding is its finite difference", async () => {
  await useBackend("wasm");
  const { x } = values({ x: [2, 5, 6, 3] });
  const loss = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same").square().sum();
  const gradient = tf.grad(loss)(tensor4d(x!)).dataSync();
  for (let i = 0; i < gradient.length; i += 7) {
    const at = (step: number) =>
      loss(tensor4d({ ...x!, data: x!.data.map((v, j) => i === j ? v + step : v) })).dataSync()[0]!;
    assertAlmostEquals(gradient[i]!, (at(0.05) - at(-0.05)) / 0.1, 2e-4);
  }
});

Deno.test("slices, splits and concatenations along any axis equal the cpu backend's", () =>
  assertSameAsCpu({ x: [3, 4, 5, 6], y: [3, 4, 150] }, ({ x, y }) => [
    ...[0, 1, 2, 3].flatMap((
      axis,
    ) => [...tf.split(x!, [1, x!.shape[axis]! - 1], axis), tf.concat([x!, x!.square()], axis)]),
    tf.slice(x!, [1, 0, 2, 3], [2, 3, 2, 2]),
    tf.slice(x!, [0, 1, 0, 0], [3, 2, 5, 6]),
    tf.slice(y!, [1, 1, 5], [2, 2, 140]),
    tf.slice(y!.flatten(), [7], [100]),
    tf.clone(x!).add(1),
    tf.cast(x!, "float32"),
    tf.cast(x!.mul(5), "int32").cast("float32"),
  ]));

for (const [height, width, channels, outputs] of [[5, 7, 9, 10], [9, 11, 16, 20]] as const) {
  const shapes = { x: [2, height, width, channels], filter: [3, 3, channels, outputs], bias: [outputs] };
  const addend = [2, height, width, outputs];

  Deno.test(`FusedConv2D with bias and ReLU6 equals the cpu backend's: ${channels} → ${outputs} channels`, () =>
    assertSameAsCpu(shapes, ({ x, filter, bias }) =>
      tf.fused.conv2d({
        x: tf.mul(x!, 4) as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        bias: bias!,
        strides: 1,
        pad: "same",
        activation: "relu6",
      })));

  Deno.test(`conv2d() with bias, addend and ReLU equals the cpu backend's: ${channels} → ${outputs} channels`, () =>
    assertSameAsCpu(
      { ...shapes, addend },
      ({ x, filter, bias, addend }) =>
        conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, {
          padding: 1,
          bias: bias as tf.Tensor1D,
          addend: addend as tf.Tensor4D,
          activation: "relu",
        }),
    ));
}

for (const [transposeA, transposeB] of [[false, false], [true, false], [false, true], [true, true]] as const) {
  for (const [batchA, batchB] of [[1, 1], [3, 3], [1, 3], [3, 1]] as const) {
    for (const [m, k, n] of [[13, 10, 9], [1, 30, 5], [500, 7, 3]] as const) {
      const a = transposeA ? [batchA, k, m] : [batchA, m, k], b = transposeB ? [batchB, n, k] : [batchB, k, n];
      Deno.test(`matMul and its gradients equal the cpu backend's: [${a}]${transposeA ? "ᵀ" : ""} · [${b}]${transposeB ? "ᵀ" : ""}`, () =>
        assertSameAsCpu({ a, b }, ({ a, b }) => {
          const y = tf.matMul(a!, b!, transposeA, transposeB);
          if (batchA !== batchB) return y; // TensorFlow.js has no gradient for broadcast batches
          return [y, ...tf.grads((a, b) => tf.matMul(a, b, transposeA, transposeB).square().sum())([a!, b!])];
        }));
    }
  }
}

Deno.test("sums over any axes equal the cpu backend's", () =>
  assertSameAsCpu(
    { x: [3, 130, 2, 5] },
    ({ x }) =>
      [[0], [1], [0, 1], [0, 1, 2], [1, 2], [0, 2], [-1], [2, 3], [-2]].flatMap((axes) => [
        tf.sum(x!, axes),
        tf.sum(x!, axes, true),
      ]).concat(tf.sum(x!)),
  ));

Deno.test("unsortedSegmentSum, the gradient of gather, equals the cpu backend's", () =>
  assertSameAsCpu(
    { x: [6, 3] },
    ({ x }) => tf.grad((x) => tf.gather(x, tf.tensor1d([0, 5, 5, 2], "int32")).square().sum())(x!),
  ));

Deno.test("equal maxima send the gradient to the first one", async () => {
  await useBackend("wasm");
  const x = tf.ones<tf.Rank.R4>([1, 2, 2, 5]);
  const dx = tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid").sum())(x);
  assertEquals([...dx.dataSync()], Array.from({ length: 20 }, (_, i) => i < 5 ? 1 : 0));
});

Deno.test("registerWasmTrainingKernels() refuses another backend", async () => {
  await useBackend("cpu");
  await assertRejects(() => registerWasmTrainingKernels(), Error, "Expected the backend wasm but found cpu");
});

Deno.test("memory is free again after many passes", async () => {
  await useBackend("wasm");
  const { x, filter } = values({ x: [2, 16, 16, 8], filter: [3, 3, 8, 8] });
  const [tx, tw] = [tensor4d(x!), tensor4d(filter!)];
  const wasm = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const pass = () =>
    tf.dispose(tf.grads((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same").sum())([tx, tw]));
  pass();
  const tensors = tf.memory().numTensors, bytes = wasm.HEAPU8.length;
  for (let i = 0; i < 2000; i++) pass();
  assertEquals(tf.memory().numTensors, tensors);
  assert(wasm.HEAPU8.length <= bytes, "the heap grows");
});

Deno.test("memory that runs out is an error, and what was there stays", async () => {
  await useBackend("wasm");
  const kept = tf.tensor1d([1, 2, 3]);
  const allocateGigabytes = () => Array.from({ length: 9 }, () => allocate([2 ** 27, 1]));
  assertThrows(allocateGigabytes, RangeError, "Expected 512 MiB of WebAssembly memory to be free but found fewer");
  assertEquals([...kept.mul(2).dataSync()], [2, 4, 6]);
});
