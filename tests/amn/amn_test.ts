import { amnHead, amnLoss, amnParameters, amnTask, inferAmn, mapsOfLogits } from "../../lib/amn/mod.ts";
import { decodeNpz } from "../../lib/files/npz.ts";
import { sampleNet } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { taskLoss, train } from "../../lib/train/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/mod.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";
import { read } from "../tensor/_read.ts";
import { onEachBackend } from "../tensor/_backends.ts";

const golden = decodeNpz(await Deno.readFile(new URL("golden.npz", import.meta.url)), "golden.npz");
const floats = (key: string) => golden[key]!.data as Float32Array;
const tensor = (key: string) => tf.tensor(floats(key), golden[key]!.shape as [number, number, number, number]);

/** The golden's parameters by their names, in the layout of files. */
function goldenWeights() {
  const [filter, bias] = [floats("filters"), floats("biases")], size = filter.length / 4, classes = bias.length / 4;
  const pyramid = [0, 1, 2, 3].flatMap((k) => [
    [`aspp.${k}.weight`, { shape: [4, 3, 3, 3], data: filter.slice(k * size, (k + 1) * size) }],
    [`aspp.${k}.bias`, { shape: [classes], data: bias.slice(k * classes, (k + 1) * classes) }],
  ]);
  return {
    "gate.weight": { shape: [3, 3, 1, 1], data: floats("gate") },
    "gate.bias": { shape: [3], data: floats("gate_bias") },
    ...Object.fromEntries(pyramid),
  };
}

onEachBackend("amnHead() and amnLoss() equal NumPy's, with their gradients", async () => {
  const specs = amnParameters({ channels: 3 }, 3), params = toParams(goldenWeights(), specs);
  const labels = Uint8Array.from(golden["labels"]!.data), names = specs.map(({ name }) => name);
  const counts = {
    background: labels.filter((label) => label === 0).length,
    foreground: labels.filter((label) => label > 0 && label < 255).length,
  };
  const options = () => ({ present: tf.tensor2d(floats("present"), [2, 3]), keep: tensor("keep") as tf.Tensor4D });
  const [logits, loss, ofFeatures, ...gradients] = await read(() => {
    const features = tensor("x") as tf.Tensor4D;
    const { value, grads } = tf.valueAndGrads((x, ...tensors) => {
      const all = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      return amnLoss(amnHead(all, x as tf.Tensor4D, options()), { labels, counts, smoothing: 0.4 });
    })([features, ...names.map((name) => params[name]!)]);
    const inFiles = grads.slice(1).map((grad) => grad.rank === 4 ? grad.transpose([3, 2, 0, 1]) : grad);
    return [amnHead(params, features, options()), value, grads[0]!, ...inFiles];
  });
  const close = (found: ArrayLike<number>, expected: ArrayLike<number>, name: string) =>
    assertClose(found, expected, { absolute: 2e-5, relative: 2e-4, name });
  close(logits!, floats("logits"), "logits");
  close(loss!, floats("loss"), "loss");
  close(ofFeatures!, floats("d_x"), "features");
  const found = Object.fromEntries(names.map((name, i) => [name, gradients[i]!]));
  close(found["gate.weight"]!, floats("d_gate"), "gate.weight");
  close(found["gate.bias"]!, floats("d_gate_bias"), "gate.bias");
  close([0, 1, 2, 3].flatMap((k) => [...found[`aspp.${k}.weight`]!]), floats("d_filters"), "filters");
  close([0, 1, 2, 3].flatMap((k) => [...found[`aspp.${k}.bias`]!]), floats("d_biases"), "biases");
  disposeParams(params);
});

onEachBackend("mapsOfLogits() equals NumPy's maps at both sizes", async () => {
  const logits = ["view_0", "view_1"].map((key) =>
    tf.tensor4d(floats(key), [1, ...golden[key]!.shape] as [number, number, number, number])
  );
  const confident = { height: 37, width: 50, data: Uint8Array.from(golden["confident"]!.data) };
  const { keys, cam, highRes } = await mapsOfLogits(logits, { keys: Int32Array.of(0, 2), confident, stride: 16 });
  tf.dispose(logits);
  assertEquals([[...keys], cam.height, cam.width, highRes.height, highRes.width], [[0, 2], 10, 13, 37, 50]);
  for (const [found, key] of [[cam.data, "cam"], [highRes.data, "high_res"]] as const) {
    assertClose(found, floats(key), { absolute: 1e-5, relative: 1e-4, name: key });
  }
});

Deno.test("a loss without confident foreground is that of the background alone, and the other way round", () => {
  tf.tidy(() => {
    const logits = tf.tensor4d([2, 0, 0, 0, 3, 1], [1, 1, 2, 3]), smoothing = 0.4;
    const loss = (labels: number[], counts: { background: number; foreground: number }) =>
      amnLoss(logits, { labels: Uint8Array.from(labels), counts, smoothing }).dataSync()[0]!;
    // −0.6 ln p of the label − 0.2 ln p of each other class, halved.
    const cross = (scores: number[], label: number) => {
      const sum = Math.log(scores.reduce((total, score) => total + Math.exp(score), 0));
      return scores.reduce((total, score, c) => total + (c === label ? 0.6 : 0.2) * (sum - score), 0) / 2;
    };
    const close = (found: number, expected: number) =>
      assertClose([found], [expected], { absolute: 1e-6, relative: 0, name: "loss" });
    close(loss([0, 255], { background: 1, foreground: 0 }), cross([2, 0, 0], 0));
    close(loss([255, 2], { background: 0, foreground: 1 }), cross([0, 3, 1], 2));
    assertEquals(loss([255, 255], { background: 0, foreground: 0 }), 0);
  });
});

const training = {
  crop: 48,
  batch: 4,
  microBatch: 2,
  epochs: 8,
  scale: [0.8, 1.2],
  optimiser: { method: "adam", learningRate: 3e-3, headFactor: 2, momentum: 0, weightDecay: 0, power: 0, warmup: 0 },
} as const;

/** Two images: class 0 as a red square, or class 1 as a green one, with a ring of uncertain pixels. */
function squares(id: string) {
  const [height, width] = [40, 56], c = id === "a" ? 0 : 1;
  const image = { height, width, data: new Uint8Array(height * width * 3) };
  const map = { height, width, data: new Uint8Array(height * width) };
  for (let i = 0; i < height * width; i++) {
    const d = Math.max(Math.abs(Math.floor(i / width) - 20), Math.abs(i % width - 28));
    image.data.set(d < 12 ? [[220, 60, 40], [40, 200, 60]][c]! : [30, 40, 60], 3 * i);
    map.data[i] = d < 10 ? c + 1 : d < 14 ? 255 : 0;
  }
  return { image, label: { classes: [c], map } };
}

Deno.test("micro-batches of a step add up to its loss, dropout included", async () => {
  await useBackend("wasm");
  const losses = [1, 2, 4].map((microBatch) => {
    const task = amnTask(sampleNet, { classes: 2, smoothing: 0.4, training: { ...training, microBatch } });
    const params = toParams({ ...sampleNet.initialise(0), ...task.initialise(0) }, task.parameters);
    const views = ["a", "b", "b", "a"].map((id, n) => task.view(squares(id), [0, "amn", 0, n]));
    const targets = task.collate(views);
    let sum = 0;
    for (let i = 0; i < 4; i += microBatch) {
      const part = views.slice(i, i + microBatch), images = new Float32Array(part.length * 48 * 48 * 3);
      part.forEach(({ image }, n) => images.set(image, n * image.length));
      const loss = taskLoss(task)(params, { images, targets: targets(part) });
      sum += loss.dataSync()[0]!;
      loss.dispose();
    }
    disposeParams(params);
    return sum;
  });
  for (const loss of losses) assertClose([loss], [losses[0]!], { absolute: 1e-5, relative: 0, name: "loss" });
});

Deno.test("AMN learns squares, and inferAmn() finds them for the names that it is told", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const task = amnTask(sampleNet, { classes: 2, smoothing: 0.4, training });
  const params = toParams({ ...sampleNet.initialise(0), ...task.initialise(0) }, task.parameters);
  const losses: number[] = [];
  await train(task, {
    params,
    seed: 0,
    ids: ["a", "b", "a", "b"],
    image: (id) => Promise.resolve(squares(id).image),
    label: (id) => squares(id).label,
    onStep: ({ loss }) => void losses.push(loss),
  });
  assert(losses.at(-1)! < losses[0]! - 0.1, `the loss falls: ${losses}`);
  const amn = { backbone: sampleNet, params }, scales = [1, 0.5];
  for (const id of ["a", "b"]) {
    const { image, label: { classes, map } } = squares(id);
    const { keys, highRes } = await inferAmn(amn, image, { labels: classes, confident: map, scales });
    assertEquals([...keys], classes);
    const mean = (isInside: boolean) => {
      const values = highRes.data.filter((_, i) => isInside ? map.data[i] === classes[0]! + 1 : map.data[i] === 0);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    assert(mean(true) > 0.5 && mean(false) < 0.35, `${id}: ${mean(true)} inside, ${mean(false)} outside`);
  }
  const { image, label: { map } } = squares("a");
  const none = await inferAmn(amn, image, { labels: [], confident: map, scales });
  assertEquals([none.keys.length, none.cam, none.highRes.data.length], [
    0,
    { data: new Float32Array(0), height: 10, width: 14 },
    0,
  ]);
  const certain = { ...map, data: new Uint8Array(map.data.length) }; // nothing is confident foreground
  const both = await inferAmn(amn, image, { labels: [1, 0], confident: certain, scales: [1] });
  assertEquals([...both.keys], [0, 1]);
  assert(both.highRes.data.every((value) => value > 0 && value < 1), "probabilities stay as they are");
  await assertRejects(
    () => inferAmn(amn, image, { labels: [0], confident: { height: 1, width: 1, data: new Uint8Array(1) }, scales }),
    RangeError,
    "Expected confident labels of 40×56 pixels but found 1×1",
  );
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});
