import { createOptimiser, learningRateAt, type OptimiserSettings } from "../../lib/train/optimiser.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { disposeParams, type Params } from "../../lib/weights/params.ts";
import { assert, assertAlmostEquals, assertClose, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";

const constant = { learningRate: 0.1, momentum: 0, weightDecay: 0, power: 0, warmup: 0 };

Deno.test("sgd with the polynomial schedule equals the reference's PolyOptimizer", async () => {
  await tf.setBackend("cpu");
  const golden = await readGolden("g10_polyopt");
  const [count, groups, size] = golden.shape("grads") as [number, number, number];
  const rates = golden.params.lr as number[][];
  const settings: OptimiserSettings = {
    method: "sgd",
    learningRate: rates[0]![0]!,
    momentum: golden.params.sgd_momentum,
    weightDecay: 1e-4,
    power: 0.9,
    warmup: 0,
  };
  // The rate stays at its last value after max_step, where the golden's rates stop changing.
  const steps = rates.findIndex((rate, i) => i > 0 && rate[0] === rates[i - 1]![0]);
  const optimiser = createOptimiser(settings, (name) => rates[0]![Number(name)]! / rates[0]![0]!);
  const params: Params = Object.fromEntries(
    Array.from({ length: groups }, (_, g) => [String(g), tf.tensor1d(golden.f32(`p${g}_init`))]),
  );
  const part = (key: string, index: number) => golden.f32(key).slice(index * size, (index + 1) * size);
  for (let step = 0; step < count; step++) {
    const learningRate = learningRateAt(settings, { step, steps });
    assertAlmostEquals(learningRate, rates[step]![0]!, 1e-12);
    const gradients = Object.fromEntries(
      Array.from({ length: groups }, (_, g) => [String(g), tf.tensor1d(part("grads", step * groups + g))]),
    );
    optimiser.update(params, gradients, { learningRate, step });
    disposeParams(gradients);
    for (let g = 0; g < groups; g++) {
      assertClose(params[g]!.dataSync(), part("params", step * groups + g), { absolute: 1e-6, name: `step ${step}` });
    }
  }
});

Deno.test("learningRateAt() rises over the warm-up", () => {
  const settings = { learningRate: 2, power: 1, warmup: 0.5 };
  assertEquals([0, 1, 2, 3].map((step) => learningRateAt(settings, { step, steps: 4 })), [1, 1.5, 1, 0.5]);
});

Deno.test("adam and adamw take PyTorch's first two steps", async () => {
  await tf.setBackend("cpu");
  // Worked out by hand: the first step is rate·sign(g), with decay added to the gradient or taken from the parameter.
  const first = { adam: [1 - 0.1, -2 + 0.1], adamw: [1 * 0.95 - 0.1, -2 * 0.95 + 0.1] };
  for (const method of ["adam", "adamw"] as const) {
    const optimiser = createOptimiser({ ...constant, method, weightDecay: 0.5 });
    const params: Params = { p: tf.tensor1d([1, -2]) };
    const update = (step: number) =>
      tf.tidy(() => optimiser.update(params, { p: tf.tensor1d([3, -1]) }, { learningRate: 0.1, step }));
    update(0);
    assertClose(params["p"]!.dataSync(), first[method], { absolute: 1e-6 });
    update(1);
    if (method === "adamw") { // an equal gradient gives an equal step
      assertClose(params["p"]!.dataSync(), [0.85 * 0.95 - 0.1, -1.8 * 0.95 + 0.1], { absolute: 1e-6 });
    }
  }
});

Deno.test("optimisers continue bit for bit from their state, and leak nothing", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  for (const method of ["sgd", "adam", "adamw"] as const) {
    const settings = { ...constant, method, momentum: 0.9, weightDecay: 0.01 };
    const take = (optimiser: ReturnType<typeof createOptimiser>, params: Params, step: number) =>
      tf.tidy(() => {
        const gradients = { p: tf.tensor1d([Math.sin(step), 0.3]) };
        optimiser.update(params, gradients, { learningRate: 0.1, step });
      });
    const straight: Params = { p: tf.tensor1d([1, 2]) }, resumed: Params = { p: tf.tensor1d([1, 2]) };
    const [a, b, c] = [0, 1, 2].map(() => createOptimiser(settings)) as [Opt, Opt, Opt];
    for (let step = 0; step < 6; step++) take(a, straight, step);
    for (let step = 0; step < 3; step++) take(b, resumed, step);
    c.restore(await b.state());
    for (let step = 3; step < 6; step++) take(c, resumed, step);
    assertEquals(resumed["p"]!.dataSync(), straight["p"]!.dataSync());
    for (const optimiser of [a, b, c]) optimiser.dispose();
    disposeParams(straight);
    disposeParams(resumed);
  }
  assertEquals(tf.memory().numTensors, before);
});

type Opt = ReturnType<typeof createOptimiser>;

Deno.test("clip shortens all gradients together to a norm, and leaves shorter ones as they are", async () => {
  await tf.setBackend("cpu");
  const step = (clip: number | undefined, gradients: number[][]) => {
    const optimiser = createOptimiser({ ...constant, method: "sgd", clip });
    const params: Params = { a: tf.tensor1d([0, 0]), b: tf.tensor1d([0]) };
    const given = { a: tf.tensor1d(gradients[0]!), b: tf.tensor1d(gradients[1]!) };
    optimiser.update(params, given, { learningRate: 1, step: 0 });
    const found = [...params["a"]!.dataSync(), ...params["b"]!.dataSync()];
    disposeParams(params);
    disposeParams(given);
    optimiser.dispose();
    return Float32Array.from(found);
  };
  assertClose(step(1.5, [[2, 1], [2]]), Float32Array.of(-1, -0.5, -1), { absolute: 1e-6 }); // a norm of 3
  assertClose(step(4, [[2, 1], [2]]), Float32Array.of(-2, -1, -2), { absolute: 1e-6 });
  assertClose(step(undefined, [[2, 1], [2]]), Float32Array.of(-2, -1, -2), { absolute: 1e-6 });
  assertClose(step(1, [[0, 0], [0]]), new Float32Array(3), { absolute: 0 });
  assert(step(1, [[NaN, 1], [2]]).some(Number.isNaN), "a gradient that is not finite shows");
});
