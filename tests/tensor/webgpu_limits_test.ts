/** Programs bind no more tensors than the adapter lets them, of which WebGPU guarantees 8. */
import { alignRegions, tf } from "../../lib/tensor/mod.ts";
import { mostBindings, runShader } from "../../lib/tensor/webgpu/_run_shader.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { onWebgpu } from "./_backends.ts";
import { read } from "./_read.ts";

onWebgpu("tf.addN() and tf.concat() take more tensors than a program can bind", async () => {
  for (const count of [mostBindings() - 1, mostBindings(), 2 * mostBindings() + 3].filter((count) => count < 100)) {
    const [sum, whole] = await read(() => {
      const summands = Array.from({ length: count }, (_, i) => tf.tensor1d([i, 2 * i, 1]));
      return [tf.addN(summands), tf.concat(summands)];
    });
    assertEquals(Array.from(sum!), [count * (count - 1) / 2, count * (count - 1), count]);
    assertEquals(whole!.length, 3 * count);
  }
});

onWebgpu("alignRegions() reads more maps than a program can bind", async () => {
  const count = Math.min(mostBindings() + 2, 40), side = 2;
  // One region of each map, the last map first: the whole map, every value of which is its index.
  const line = { low: Int32Array.of(0, 1), high: Int32Array.of(1, 1), fraction: Float64Array.of(0, 0) };
  const regions = Array.from(
    { length: count },
    (_, r) => ({ image: 0, map: count - 1 - r, rows: line, columns: line }),
  );
  const options = { regions, size: side, samples: 1 };
  const maps = () => Array.from({ length: count }, (_, i) => tf.fill<tf.Rank.R4>([1, side, side, 1], i));
  const [values, ...gradients] = await read(() => {
    const align = (...maps: tf.Tensor[]) => alignRegions(maps as tf.Tensor4D[], options);
    const inputs = maps(), upstream = tf.tensor4d(regions.flatMap(({ map }) => [map, 0, 0, 0]), [count, side, side, 1]);
    return [align(...inputs), ...tf.grads(align)(inputs, upstream)];
  });
  assertEquals(Array.from(values!), regions.flatMap(({ map }) => Array(side * side).fill(map)));
  gradients.forEach((gradient, i) => assertEquals(Array.from(gradient), [i, 0, 0, 0]));
});

onWebgpu("runShader() refuses a program that binds more than the adapter can, and names it", () => {
  const x = tf.ones([1]);
  const inputs = Object.fromEntries(Array.from({ length: mostBindings() }, (_, i) => [`x${i}`, x]));
  assertThrows(
    () => runShader({ key: "wide", code: () => "", inputs, outputs: { y: [1] }, workgroups: [1] }),
    RangeError,
    `Expected at most ${mostBindings()} tensors in the program "wide" but found ${mostBindings() + 1}`,
  );
  x.dispose();
});
