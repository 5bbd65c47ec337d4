import {
  deepLabTask,
  inferDeepLab,
  pyramid,
  pyramidParameters,
  segmentationLoss,
} from "../../lib/downstream/deeplab/mod.ts";
import { initialise, sampleNet } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { train, trainingSteps } from "../../lib/train/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { noise } from "../noise.ts";
import { numericGradient } from "./_numeric.ts";
import { onEachBackend } from "../tensor/_backends.ts";
import { read } from "../tensor/_read.ts";

/** Cross entropy pixel by pixel. */
function plainLoss(logits: ArrayLike<number>, labels: Uint8Array, classes: number): number {
  let sum = 0, count = 0;
  labels.forEach((label, i) => {
    if (label === 255) return;
    const scores = Array.from({ length: classes }, (_, c) => logits[i * classes + c]!);
    sum += Math.log(scores.reduce((total, score) => total + Math.exp(score), 0)) - scores[label]!;
    count++;
  });
  return sum / count;
}

onEachBackend("segmentationLoss() is the cross entropy of labelled pixels, with its gradient", async () => {
  const classes = 3, labels = Uint8Array.of(0, 1, 2, 255, 1, 1, 0, 255), values = noise(8 * classes, 1);
  const count = 6;
  const numeric = numericGradient((at) => plainLoss(at, labels, classes), Float64Array.from(values), 1e-6);
  const [value, gradient] = await read(() => {
    const logits = tf.tensor4d(values, [2, 2, 2, classes]);
    const { value, grad } = tf.valueAndGrad((x) => segmentationLoss(x as tf.Tensor4D, { labels, count }))(logits);
    return [value, grad];
  });
  assertClose(value!, [plainLoss(values, labels, classes)], { absolute: 1e-6, relative: 0, name: "loss" });
  assertClose(gradient!, numeric, { absolute: 1e-6, relative: 1e-4, name: "gradient" });
});

Deno.test("segmentationLoss() rejects labels that are no class and labels of another size", () => {
  tf.tidy(() => {
    const logits = tf.zeros<tf.Rank.R4>([1, 1, 2, 2]);
    assertThrows(
      () => segmentationLoss(logits, { labels: Uint8Array.of(0, 7), count: 2 }),
      RangeError,
      "Expected labels from 0 to 1, or 255, but found 7",
    );
    assertThrows(() => segmentationLoss(logits, { labels: Uint8Array.of(0), count: 1 }), RangeError, "2 labels");
    const none = segmentationLoss(logits, { labels: Uint8Array.of(255, 255), count: 0 });
    assertEquals(none.dataSync()[0], 0, "no labelled pixel");
  });
});

onEachBackend("pyramid() sums convolutions of four dilations", async () => {
  const specs = pyramidParameters({ channels: 2 }, 3),
    params = toParams(initialise(specs, { seed: 1, method: "he" }), specs);
  // A single feature in the middle reaches exactly the pixels that the rates lead to.
  const side = 51, middle = 25, values = new Float32Array(side * side * 2);
  values[(middle * side + middle) * 2] = 1;
  const [reached] = await read(() => {
    const logits = pyramid(params, tf.tensor4d(values, [1, side, side, 2]));
    assertEquals(logits.shape, [1, side, side, 3]);
    return [logits.abs().sum(3)];
  });
  const found = [...reached!].flatMap((value, i) => value > 0 ? [[Math.floor(i / side), i % side]] : []);
  const expected = [0, 6, 12, 18, 24].flatMap((rate) =>
    [-rate, 0, rate].flatMap((dy) => [-rate, 0, rate].map((dx) => `${middle + dy},${middle + dx}`))
  );
  assertEquals(found.map(String).sort(), [...new Set(expected)].sort());
  disposeParams(params);
});

Deno.test("DeepLab learns to tell two halves of an image, and inferDeepLab() finds them at any size", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const [height, width] = [40, 56];
  const image = { height, width, data: new Uint8Array(height * width * 3) };
  const label = { height, width, data: new Uint8Array(height * width) };
  for (let i = 0; i < height * width; i++) {
    const right = i % width >= width / 2;
    image.data.set(right ? [220, 60, 40] : [30, 90, 200], 3 * i);
    label.data[i] = right ? 1 : 0;
  }
  const settings = {
    crop: 48,
    batch: 2,
    microBatch: 1,
    epochs: 12,
    scale: [0.8, 1.2],
    optimiser: {
      method: "adam",
      learningRate: 5e-3,
      headFactor: 1,
      momentum: 0,
      weightDecay: 0,
      power: 0.9,
      warmup: 0,
    },
  } as const;
  const task = deepLabTask(sampleNet, { labels: 2, training: settings });
  const params = toParams({ ...sampleNet.initialise(0), ...task.initialise(0) }, task.parameters);
  const losses: number[] = [];
  await train(task, {
    params,
    seed: 0,
    ids: ["a", "b"],
    image: () => Promise.resolve(image),
    label: () => label,
    workers: 2,
    onStep: ({ loss }) => void losses.push(loss),
  });
  assertEquals(losses.length, trainingSteps(2, settings));
  assert(losses.at(-1)! < losses[0]! / 2, `the loss falls: ${losses}`);
  for (const options of [{}, { scales: [0.5, 1, 1.25] }, { flip: false }]) {
    const found = await inferDeepLab({ backbone: sampleNet, params }, image, options);
    const right = found.data.filter((id, i) => id === label.data[i]).length / label.data.length;
    assert(right > 0.9, `${JSON.stringify(options)}: ${right} of the pixels are right`);
  }
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});
