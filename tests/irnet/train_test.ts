import { presets } from "../../lib/config/config.ts";
import { irnetTask } from "../../lib/irnet/task.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { train as trainTask } from "../../lib/train/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { assert, assertClose, assertEquals } from "../assert.ts";
import { backends } from "../tensor/_backends.ts";

const training = { ...presets.sample.irnet.training, crop: 48, batch: 4, microBatch: 2, epochs: 3, radius: 3 };

/** A square of the class 1 on background, its place and colour given by the number of the image. */
function sample(id: string) {
  const side = 48, left = 4 * Number(id), image = new Uint8Array(side * side * 3), label = new Uint8Array(side * side);
  for (let y = 12; y < 32; y++) {
    for (let x = left; x < left + 20; x++) {
      image.fill(100 + left, (y * side + x) * 3, (y * side + x + 1) * 3);
      label[y * side + x] = 1;
    }
  }
  return { image: { width: side, height: side, data: image }, label: { width: side, height: side, data: label } };
}

async function train(workers: number) {
  const task = irnetTask(sampleNet, { training, displacementWidth: 64 });
  const params = toParams({ ...sampleNet.initialise(0), ...task.initialise(0) }, task.parameters);
  const losses: number[] = [], held: number[] = [];
  await trainTask(task, {
    params,
    seed: 0,
    ids: ["0", "1", "2", "3", "4", "5", "6"],
    image: (id) => Promise.resolve(sample(id).image),
    label: (id) => sample(id).label,
    onStep({ loss }) {
      losses.push(loss);
      held.push(tf.memory().numTensors);
    },
    workers,
  });
  const result: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(params)) result[name] = (await tensor.data<"float32">()).slice();
  disposeParams(params);
  assertEquals(new Set(held.slice(1)).size, 1, `tensors after each step: ${held}`);
  return { losses, result };
}

Deno.test("training of IRNet on wasm lowers the loss, with the same bits in one thread and in Workers, and leaks nothing", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const alone = await train(1);
  assert(alone.losses.at(-1)! < alone.losses[0]!, `${alone.losses}`);
  assertEquals(await train(2), alone);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test({
  name: "training of IRNet on webgpu lowers the loss as on wasm, and leaks nothing",
  ignore: !backends.some(({ name, runs }) => name === "webgpu" && runs),
  fn: async () => {
    await useBackend("wasm");
    const expected = await train(1);
    await useBackend("webgpu");
    const before = tf.memory().numTensors;
    const found = await train(1);
    assertClose(found.losses, expected.losses, { relative: 1e-3, name: "losses" });
    for (const [name, values] of Object.entries(expected.result)) {
      assertClose(found.result[name]!, values, { absolute: 2e-3, name });
    }
    assertEquals(tf.memory().numTensors, before);
  },
});
