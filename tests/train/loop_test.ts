import { type Batch, type StepReport, trainLoop, type TrainLoopOptions } from "../../lib/train/loop.ts";
import { useBackend } from "../../lib/tensor/mod.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { disposeParams, type Params } from "../../lib/weights/params.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { createLoss, type Points } from "./_line_loss.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";

const newParams = (): Params => ({ slope: tf.scalar(0), offset: tf.scalar(0), frozen: tf.scalar(2) });

/** A line fitted to points; the batch of a step is the same for the same step. */
function options(params: Params, more: Partial<TrainLoopOptions<Points>> = {}): TrainLoopOptions<Points> {
  return {
    params,
    trainable: ["slope", "offset"],
    optimiser: { method: "adam", learningRate: 0.1, momentum: 0, weightDecay: 0, power: 0.9, warmup: 0 },
    steps: 6,
    batch: (step) => {
      const x = [0, 1, 2, 3].map((i) => Math.sin(step * 4 + i));
      const points = (from: number, to: number) => ({
        x: x.slice(from, to),
        y: x.slice(from, to).map((v) => 3 * v + 1),
      });
      return Promise.resolve<Batch<Points>>({ ids: [`image${step}`], micro: [points(0, 2), points(2, 4)] });
    },
    loss: createLoss({ count: 4 }),
    lossInWorkers: { module: new URL("./_line_loss.ts", import.meta.url), settings: { count: 4 } },
    ...more,
  };
}

const values = (params: Params) => Object.fromEntries(Object.entries(params).map(([k, t]) => [k, t.dataSync()[0]]));

Deno.test("trainLoop() lowers the loss, changes what it trains alone, and leaks nothing", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  const losses: number[] = [], params = newParams();
  await trainLoop(options(params, { steps: 60, onStep: ({ loss }) => void losses.push(loss) }));
  assertEquals(losses.length, 60);
  assert(losses.at(-1)! < losses[0]! / 20, `${losses[0]} → ${losses.at(-1)}`);
  assertEquals(params["frozen"]!.dataSync()[0], 2);
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

for (const workers of [1, 2]) {
  Deno.test(`trainLoop() with ${workers} threads tells the parts of a loss, summed over micro-batches`, async () => {
    await useBackend("wasm");
    const params = newParams(), parts: unknown[] = [];
    const onStep = (report: StepReport) => void parts.push(report.parts);
    await trainLoop(options(params, { steps: 2, workers, parts: ["points", "fraction"], onStep }));
    assertEquals(parts, [{ points: 4, fraction: 1 }, { points: 4, fraction: 1 }]);
    disposeParams(params);
  });
}

Deno.test("trainLoop() gives the same parameters whatever the micro-batches", async () => {
  await tf.setBackend("cpu");
  const split = newParams(), whole = newParams();
  await trainLoop(options(split));
  const base = options(whole);
  await trainLoop({
    ...base,
    batch: async (step) => {
      const { ids, micro } = await base.batch(step);
      return { ids, micro: [{ x: micro.flatMap((m) => m.x), y: micro.flatMap((m) => m.y) }] };
    },
  });
  for (const name of ["slope", "offset"]) {
    assertClose(split[name]!.dataSync(), whole[name]!.dataSync(), { absolute: 1e-5, name });
  }
});

Deno.test("trainLoop() interrupted and resumed gives the same bits as never interrupted", async () => {
  await tf.setBackend("cpu");
  const straight = newParams(), first = newParams(), second = newParams();
  await trainLoop(options(straight));
  const controller = new AbortController();
  let state: NamedTensors | undefined;
  await assertRejects(
    () =>
      trainLoop(options(first, {
        signal: controller.signal,
        onStep: ({ step }) => step === 2 ? controller.abort(new Error("interrupted")) : undefined,
        checkpoint: (s) => Promise.resolve(void (state = s)),
      })),
    Error,
    "interrupted",
  );
  assertEquals(state!["step"]!.data[0], 3);
  const steps: number[] = [];
  await trainLoop(options(second, { resume: state!, onStep: ({ step }) => void steps.push(step) }));
  assertEquals(steps, [3, 4, 5]);
  assertEquals(values(second), values(straight));
});

Deno.test("trainLoop() makes checkpoints every so many steps and at the end", async () => {
  await tf.setBackend("cpu");
  const steps: number[] = [];
  const checkpoint = (state: NamedTensors) => Promise.resolve(void steps.push(state["step"]!.data[0]!));
  await trainLoop(options(newParams(), { steps: 5, checkpointEvery: 2, checkpoint }));
  assertEquals(steps, [2, 4, 5]);
});

Deno.test("trainLoop() names step and images of a loss that is not finite, after the last good checkpoint", async () => {
  await tf.setBackend("cpu");
  const states: NamedTensors[] = [];
  const base = options(newParams());
  const error: Error = await assertRejects(() =>
    trainLoop({
      ...base,
      checkpointEvery: 1,
      checkpoint: (state) => Promise.resolve(void states.push(state)),
      batch: async (step) => step === 3 ? { ids: ["bad_one"], micro: [{ x: [NaN], y: [1] }] } : await base.batch(step),
    })
  );
  assertEquals(error.message, "Expected a finite loss at step 3 but found NaN; images of the batch: bad_one");
  assertEquals(states.map((state) => state["step"]!.data[0]), [1, 2, 3]);
  assert(states.at(-1)!["parameter/slope"]!.data.every(Number.isFinite));
});

Deno.test("trainLoop() refuses the state of other parameters", async () => {
  await tf.setBackend("cpu");
  const resume = {
    step: { shape: [], data: Float32Array.of(1) },
    "parameter/width": { shape: [], data: Float32Array.of(0) },
  };
  await assertRejects(() => trainLoop(options(newParams(), { resume })), Error, "parameter/slope");
});

/** Runs a function and counts the Workers that it starts and ends, and what it warns of. */
async function watched(use: () => Promise<unknown>): Promise<{ started: number; ended: number; warnings: string[] }> {
  const { Worker } = globalThis, { warn } = console;
  const seen = { started: 0, ended: 0, warnings: [] as string[] };
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      seen.started++;
    }
    override terminate(): void {
      super.terminate();
      seen.ended++;
    }
  };
  console.warn = (text: string) => seen.warnings.push(text);
  try {
    await use();
    return seen;
  } finally {
    [globalThis.Worker, console.warn] = [Worker, warn];
  }
}

Deno.test("trainLoop() gives the same bits with Workers as without, also interrupted in between, and ends them", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const alone = newParams(), shared = newParams();
  assertEquals(await watched(() => trainLoop(options(alone))), { started: 0, ended: 0, warnings: [] });
  let state: NamedTensors | undefined;
  const first = newParams(), controller = new AbortController();
  const half = options(first, {
    workers: 2,
    signal: controller.signal,
    onStep: ({ step }) => step === 2 ? controller.abort(new Error("interrupted")) : undefined,
    checkpoint: (s) => Promise.resolve(void (state = s)),
  });
  const seen = await watched(() => assertRejects(() => trainLoop(half), Error, "interrupted"));
  assertEquals(seen, { started: 2, ended: 2, warnings: [] });
  assertEquals(
    await watched(() => trainLoop(options(shared, { workers: 8, resume: state! }))),
    { started: 2, ended: 2, warnings: [] }, // a batch has two micro-batches
  );
  assertEquals(values(shared), values(alone));
  for (const params of [alone, shared, first]) disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("trainLoop() ends its Workers when a loss is not finite", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const params = newParams();
  const micro = [{ x: [1], y: [1] }, { x: [NaN], y: [1] }];
  const seen = await watched(() =>
    assertRejects(
      () => trainLoop(options(params, { workers: 2, batch: () => Promise.resolve({ ids: ["bad_one"], micro }) })),
      Error,
      "Expected a finite loss at step 0 but found NaN; images of the batch: bad_one",
    )
  );
  assertEquals(seen, { started: 2, ended: 2, warnings: [] });
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("trainLoop() goes on in its own thread where Workers do not start", async () => {
  await useBackend("wasm");
  const alone = newParams(), params = newParams();
  await trainLoop(options(alone));
  const lossInWorkers = { module: new URL("./_not_there.ts", import.meta.url), settings: null };
  const seen = await watched(() => trainLoop(options(params, { workers: 2, lossInWorkers })));
  assertEquals([seen.started, seen.ended, seen.warnings.length], [2, 2, 1]);
  assert(/^Training uses one core, since Workers do not start: .*_not_there/.test(seen.warnings[0]!), seen.warnings[0]);
  assertEquals(values(params), values(alone));
});
