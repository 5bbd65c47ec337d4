import { binaryCrossEntropy, crossEntropy, smoothL1 } from "../../../lib/downstream/mask_rcnn/mod.ts";
import { tf } from "../../../lib/tensor/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../../assert.ts";
import { onEachBackend } from "../../tensor/_backends.ts";
import { read } from "../../tensor/_read.ts";
import { noise } from "../../noise.ts";
import { numericGradient } from "../_numeric.ts";

const shape = [2, 3, 2, 2], count = 24;
const values = Float64Array.from(noise(count, 1), (value) => 6 * value - 3), targets = noise(count, 2);
const weights = noise(count, 3).map((weight, i) => i % 4 === 0 ? 0 : weight);

/** Compares value and gradient with a formula in double precision. */
async function check(
  loss: (x: tf.Tensor) => tf.Scalar,
  formula: (x: Float64Array) => number,
  { at = values, sizes = shape }: { at?: Float64Array; sizes?: number[] } = {},
): Promise<void> {
  const [value, grad] = await read(() => {
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor(Float32Array.from(at), sizes));
    assertEquals(grad.shape, sizes);
    return [value, grad];
  });
  const numeric = numericGradient(formula, at, 1e-6);
  assert(numeric.some((slope) => Math.abs(slope) > 0.01));
  assertClose(value!, [formula(at)], { absolute: 1e-5, relative: 1e-6, name: "loss" });
  assertClose(grad!, numeric, { absolute: 1e-6, relative: 1e-4, name: "gradient" });
}

onEachBackend("binaryCrossEntropy(), of masks and objectness, has the numeric gradient", async () => {
  await check((x) => binaryCrossEntropy(x, { targets, weights }), (x) =>
    x.reduce((sum, logit, i) => {
      const p = 1 / (1 + Math.exp(-logit));
      return sum - weights[i]! * (targets[i]! * Math.log(p) + (1 - targets[i]!) * Math.log(1 - p));
    }, 0));
});

onEachBackend("smoothL1() has the numeric gradient on both of its parts", async () => {
  for (const beta of [1 / 9, 1]) {
    await check((x) => smoothL1(x, { targets, weights, beta }), (x) =>
      x.reduce((sum, value, i) => {
        const d = Math.abs(value - targets[i]!);
        return sum + weights[i]! * (d < beta ? d * d / 2 / beta : d - beta / 2);
      }, 0));
    const near = values.filter((value, i) => Math.abs(value - targets[i]!) < beta).length;
    assert(near > 0 && near < count, `${near} values in the quadratic part`);
  }
});

onEachBackend("crossEntropy() has the numeric gradient", async () => {
  const labels = [0, 2, 1, 3, 3, 0], some = weights.slice(0, 6);
  await check(
    (x) => crossEntropy(x as tf.Tensor2D, { labels, weights: some }),
    (x) =>
      labels.reduce((sum, label, r) => {
        const row = x.subarray(4 * r, 4 * r + 4);
        return sum + some[r]! * (Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0)) - row[label]!);
      }, 0),
    { sizes: [6, 4] },
  );
});

onEachBackend("losses stay finite where logits are extreme, and values of weight 0 are not looked at", async () => {
  const [value, grad, sure, ignored, none] = await read(() => {
    const all = { targets: Float32Array.of(0, 1), weights: Float32Array.of(1, 1) };
    const { value, grad } = tf.valueAndGrad((x) => binaryCrossEntropy(x, all))(tf.tensor1d([800, -800]));
    const sure = crossEntropy(tf.tensor2d([[900, -900]]), { labels: [1], weights: Float32Array.of(1) });
    const first = { targets: Float32Array.of(0, 0), weights: Float32Array.of(1, 0) };
    const half = tf.valueAndGrad((x) => smoothL1(x, { ...first, beta: 1 }))(tf.tensor1d([3, NaN]));
    return [value, grad, sure, half.value, half.grad];
  });
  assertEquals([...value!, ...grad!], [1600, 1, -1]);
  assertEquals(sure![0], 1800);
  assertEquals([...ignored!, ...none!], [2.5, 1, 0]);
});

onEachBackend("a NaN that counts makes every loss NaN", async () => {
  const one = Float32Array.of(1), counts = { targets: Float32Array.of(1, 1), weights: Float32Array.of(1, 1) };
  const losses = await read(() => [
    binaryCrossEntropy(tf.tensor1d([NaN, 1]), counts),
    smoothL1(tf.tensor1d([NaN, 1]), { ...counts, beta: 1 }),
    crossEntropy(tf.tensor2d([[NaN, 1]]), { labels: [1], weights: one }),
  ]);
  assertEquals(losses.map(([loss]) => loss), [NaN, NaN, NaN]);
});

Deno.test("losses reject targets of another size and labels that are no class", () => {
  tf.tidy(() => {
    const two = new Float32Array(2), three = new Float32Array(3);
    assertThrows(() => smoothL1(tf.tensor1d(three), { targets: two, weights: two, beta: 1 }), RangeError, "3 targets");
    assertThrows(() => binaryCrossEntropy(tf.tensor1d(three), { targets: three, weights: two }), RangeError, "3 and 2");
    const logits = tf.tensor2d([[0, 1]]);
    assertThrows(() => crossEntropy(logits, { labels: [2], weights: new Float32Array(1) }), RangeError, "found 2");
    assertThrows(() => crossEntropy(logits, { labels: [0, 1], weights: two }), RangeError, "Expected 1 labels");
  });
});
