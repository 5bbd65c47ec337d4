import { classifierParameters } from "../../lib/cam/network.ts";
import { type ClassifierOptions, trainClassifier } from "../../lib/cam/train.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { random } from "../../lib/nn/random.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, type Params, toParams } from "../../lib/weights/params.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";

const side = 32, count = 8;
const head = classifierParameters(sampleNet, 2);

function newParams(): Params {
  const tensors = { ...sampleNet.initialise(0), ...initialise(head, { seed: 0, method: "uniform" }) };
  return toParams(tensors, [...sampleNet.parameters, ...head]);
}

/** Noise that is brighter in red, in blue, in both or in neither: two classes that are easy to tell. */
function options(params: Params, more: Partial<ClassifierOptions> = {}): ClassifierOptions {
  return {
    backbone: sampleNet,
    params,
    part: "all",
    optimiser: {
      method: "adamw",
      learningRate: 3e-3,
      headFactor: 1,
      momentum: 0,
      weightDecay: 0.01,
      power: 0.9,
      warmup: 0.1,
    },
    microBatch: 4,
    steps: 2,
    batch: (step) => {
      const stream = random(0, "batch", step);
      const images = new Float32Array(count * side * side * 3), labels = new Float32Array(count * 2);
      for (let i = 0; i < count; i++) {
        labels.set([stream.int(0, 2), stream.int(0, 2)], 2 * i);
        for (let p = 0; p < side * side; p++) {
          const noise = [labels[2 * i]!, 0, labels[2 * i + 1]!].map((level) => level + stream.uniform(-1, 1));
          images.set(noise, (i * side * side + p) * 3);
        }
      }
      const ids = Array.from({ length: count }, (_, i) => `${step}_${i}`);
      return Promise.resolve({ ids, images, labels, height: side, width: side });
    },
    ...more,
  };
}

const read = (params: Params) => Object.fromEntries(Object.entries(params).map(([k, t]) => [k, t.dataSync().slice()]));

Deno.test("trainClassifier() from scratch learns to tell two classes, and leaks nothing", async () => {
  await useBackend("auto");
  const before = tf.memory().numTensors;
  const losses: number[] = [], params = newParams();
  await trainClassifier(options(params, { steps: 40, onStep: ({ loss }) => void losses.push(loss) }));
  const last = losses.slice(-5).reduce((a, b) => a + b) / 5;
  assert(losses[0]! > 0.4 && last < 0.15, `${losses[0]} → ${last}`);
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("trainClassifier() for CAMs changes the late stages and the classifier alone", async () => {
  await useBackend("auto");
  const params = newParams(), before = read(params);
  await trainClassifier(options(params, { part: "cam" }));
  const after = read(params);
  for (const [name, values] of Object.entries(after)) {
    const same = values.every((value, i) => value === before[name]![i]);
    assertEquals(same, !(sampleNet.trainsForCam(name) || name === "classifier.weight"), name);
  }
  disposeParams(params);
});

Deno.test("trainClassifier() gives the same parameters whatever the micro-batches", async () => {
  await useBackend("auto");
  const results = [];
  for (const microBatch of [8, 3]) {
    const params = newParams();
    const optimiser = { ...options(params).optimiser, method: "sgd" as const, learningRate: 0.1 };
    await trainClassifier(options(params, { microBatch, optimiser }));
    results.push(read(params));
    disposeParams(params);
  }
  for (const [name, values] of Object.entries(results[0]!)) {
    assertClose(results[1]![name]!, values, { absolute: 1e-5, name });
  }
});

Deno.test("trainClassifier() on wasm gives the same bits in one thread and in Workers", async () => {
  await useBackend("wasm");
  const results = [];
  for (const workers of [1, 2, 3]) {
    const params = newParams();
    await trainClassifier(options(params, { microBatch: 3, workers }));
    results.push(read(params));
    disposeParams(params);
  }
  assertEquals(results[1], results[0]);
  assertEquals(results[2], results[0]);
});

Deno.test("trainClassifier() names the images of a loss that is not finite", async () => {
  await useBackend("auto");
  const params = newParams(), base = options(params);
  const batch = async (step: number) => {
    const good = await base.batch(step);
    if (step === 1) good.labels[0] = NaN;
    return good;
  };
  await assertRejects(
    () => trainClassifier({ ...base, batch }),
    Error,
    "loss at step 1 but found NaN; images of the batch: 1_0, 1_1",
  );
  disposeParams(params);
});
