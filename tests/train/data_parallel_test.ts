import { assertEquals, assertRejects } from "../assert.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { type DataParallel, type NamedArrays, startDataParallel } from "../../lib/train/data_parallel.ts";
import { createLoss, type Micro } from "./_convolution_loss.ts";

const module = new URL("./_convolution_loss.ts", import.meta.url);

function array(...shape: number[]): { shape: number[]; data: Float32Array } {
  const size = tf.util.sizeFromShape(shape);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * i + size)) };
}

const params: NamedArrays = { first: array(3, 3, 3, 8), bias: array(8), frozen: array(1, 1, 8, 2) };
const trainable = ["first", "bias"];
const micro: Micro[] = [1, 3, 2].map((n) => ({ shape: [n, 6, 7, 3], data: array(n, 6, 7, 3).data }));

async function withWorkers<T>(workers: number, use: (pool: DataParallel<Micro>) => Promise<T>): Promise<T> {
  const pool = await startDataParallel<Micro, { factor: number }>({
    module,
    settings: { factor: 3 },
    params,
    trainable,
    workers,
  });
  try {
    return await use(pool);
  } finally {
    pool.close();
  }
}

Deno.test("startDataParallel() gives exactly the gradients of one process, whatever the number of workers", async () => {
  await useBackend("wasm");
  const tensors = Object.fromEntries(Object.entries(params).map(([k, v]) => [k, tf.tensor(v.data, v.shape)]));
  const loss = createLoss({ factor: 3 });
  const apart = micro.map((m) =>
    tf.valueAndGrads((first, bias) => loss({ ...tensors, first: first!, bias: bias! }, m))([
      tensors["first"]!,
      tensors["bias"]!,
    ])
  );
  const expected = {
    loss: apart.map(({ value }) => value).reduce((a, b) => a.add(b)).dataSync()[0]!,
    noted: [],
    gradients: Object.fromEntries(trainable.map((name, i) => {
      const sum = apart.map(({ grads }) => grads[i]!).reduce((a, b) => a.add(b));
      return [name, { shape: sum.shape, data: sum.dataSync() as Float32Array }];
    })),
  };
  for (const workers of [1, 2]) {
    assertEquals(await withWorkers(workers, (pool) => pool.gradients(params, micro)), expected);
  }
});

Deno.test("gradients() follows the parameters from step to step and leaves earlier results alone", async () => {
  await withWorkers(2, async (pool) => {
    const first = await pool.gradients(params, micro);
    const zero = {
      first: { shape: [3, 3, 3, 8], data: new Float32Array(216) },
      bias: { shape: [8], data: new Float32Array(8) },
    };
    const copy = structuredClone(first);
    assertEquals((await pool.gradients(zero, micro)).loss, 0);
    assertEquals(first, copy);
    assertEquals(await pool.gradients(params, micro), first);
    assertEquals((await pool.gradients(params, micro.slice(0, 1))).loss < first.loss, true);
  });
});

Deno.test("gradients() names the micro-batch whose loss fails, and goes on with others", async () => {
  await withWorkers(2, async (pool) => {
    const empty: Micro = { shape: [0, 6, 7, 3], data: new Float32Array() };
    await assertRejects(
      () => pool.gradients(params, [micro[0]!, empty]),
      Error,
      "Expected a loss of micro-batch 1 but found: Expected images but found none",
    );
    await pool.gradients(params, micro);
  });
});

Deno.test("startDataParallel() refuses trainable parameters that are not there", async () => {
  await assertRejects(
    () => startDataParallel({ module, settings: {}, params, trainable: ["second"], workers: 1 }),
    Error,
    "Expected a parameter second to train but found none",
  );
});
