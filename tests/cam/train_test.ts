import { backboneTask, camTask, type ClassifierTask } from "../../lib/cam/task.ts";
import { random } from "../../lib/data/random.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { epochBatch, train, type TrainingSettings, type TrainOptions } from "../../lib/train/mod.ts";
import { disposeParams, type Params, toParams } from "../../lib/weights/params.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";

const side = 32, batch = 8;
const training: TrainingSettings = {
  crop: side,
  batch,
  microBatch: 4,
  epochs: 1,
  optimiser: {
    method: "adamw",
    learningRate: 3e-3,
    headFactor: 1,
    momentum: 0,
    weightDecay: 0.01,
    power: 0.9,
    warmup: 0.1,
  },
};

const fromScratch = (settings: Partial<TrainingSettings> = {}) =>
  backboneTask(sampleNet, {
    classes: 2,
    training: { ...training, scale: [1, 1], shift: 0, colourJitter: 0, ...settings },
  });

function newParams(): Params {
  const task = fromScratch();
  return toParams(task.initialise(0), task.parameters);
}

/** Classes of an image: none, one or both. */
function label(id: string): number[] {
  const draw = random(0, "label", id);
  return [0, 1].filter(() => draw() < 0.5);
}

/** Noise that is brighter in red, in blue, in both or in neither: two classes that are easy to tell. */
function image(id: string) {
  const draw = random(0, "image", id), classes = label(id), data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i++) {
    const level = classes.includes([0, -1, 1][i % 3]!) ? 1 : 0;
    data[i] = 96 + 48 * (level + 2 * draw() - 1);
  }
  return Promise.resolve({ width: side, height: side, data });
}

/** As many steps as there are batches in the images. */
function options(
  params: Params,
  { steps = 2, ...more }: Partial<TrainOptions<readonly number[]>> & { steps?: number },
) {
  const ids = Array.from({ length: steps * batch }, (_, i) => String(i));
  return { params, seed: 0, ids, image, label, ...more };
}

const read = (params: Params) => Object.fromEntries(Object.entries(params).map(([k, t]) => [k, t.dataSync().slice()]));

Deno.test("a classifier trained from scratch learns to tell two classes, and leaks nothing", async () => {
  await useBackend("auto");
  const before = tf.memory().numTensors;
  const losses: number[] = [], params = newParams();
  await train(fromScratch(), options(params, { steps: 40, onStep: ({ loss }) => void losses.push(loss) }));
  assertEquals(losses.length, 40);
  const last = losses.slice(-5).reduce((a, b) => a + b) / 5;
  assert(losses[0]! > 0.4 && last < 0.15, `${losses[0]} → ${last}`);
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a classifier trained for CAMs changes the late stages and the classifier alone", async () => {
  await useBackend("auto");
  const params = newParams(), before = read(params);
  await train(camTask(sampleNet, { classes: 2, training: { ...training, resizeLong: null } }), options(params, {}));
  const after = read(params);
  for (const [name, values] of Object.entries(after)) {
    const same = values.every((value, i) => value === before[name]![i]);
    assertEquals(same, !(sampleNet.trainsForCam(name) || name === "classifier.weight"), name);
  }
  disposeParams(params);
});

Deno.test("train() gives a classifier the same parameters whatever the micro-batches", async () => {
  await useBackend("auto");
  const results = [];
  for (const microBatch of [8, 3]) {
    const params = newParams(), optimiser = { ...training.optimiser, method: "sgd" as const, learningRate: 0.1 };
    await train(fromScratch({ microBatch, optimiser }), options(params, {}));
    results.push(read(params));
    disposeParams(params);
  }
  for (const [name, values] of Object.entries(results[0]!)) {
    assertClose(results[1]![name]!, values, { absolute: 1e-5, name });
  }
});

Deno.test("train() of a classifier on wasm gives the same bits in one thread and in Workers", async () => {
  await useBackend("wasm");
  const results = [];
  for (const workers of [1, 2, 3]) {
    const params = newParams();
    await train(fromScratch({ microBatch: 3 }), options(params, { workers }));
    results.push(read(params));
    disposeParams(params);
  }
  assertEquals(results[1], results[0]);
  assertEquals(results[2], results[0]);
});

Deno.test("train() names the images of a loss that is not finite", async () => {
  await useBackend("auto");
  const params = newParams(), task = fromScratch(), given = options(params, {});
  const { ids } = epochBatch(given.ids, { seed: 0, step: 1, batch });
  const seen = new Set<unknown>(); // views of the second step
  const broken: ClassifierTask = {
    ...task,
    view: (sample, key) => {
      const view = task.view(sample, key);
      if (Number(key[3]) >= batch) seen.add(view);
      return view;
    },
    collate: (views) => (part) => {
      const targets = task.collate(views)(part);
      if (part.some((view) => seen.has(view))) targets.labels[0] = NaN;
      return targets;
    },
  };
  await assertRejects(
    () => train(broken, given),
    Error,
    `loss at step 1 but found NaN; images of the batch: ${ids.join(", ")}`,
  );
  disposeParams(params);
});
