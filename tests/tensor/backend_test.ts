import { conv2d, tf, useBackend } from "../../lib/tensor/mod.ts";
import { findAdapter } from "../../lib/tensor/webgpu/start.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { backends } from "./_backends.ts";

const tensorflow = backends.some(({ name, runs }) => name === "tensorflow" && runs);
const adapter = await findAdapter(), gpu = adapter !== null && !adapter.software;

Deno.test("useBackend() takes the fastest backend that is there, and says which", async () => {
  const report = await useBackend("auto");
  if (gpu) assert(["tensorflow", "webgpu"].includes(report.name), report.name);
  else assertEquals(report.name, tensorflow ? "tensorflow" : "wasm");
  assertEquals(tf.getBackend(), report.name);
  assertEquals(report.advice === null, tensorflow || gpu);
});

Deno.test("useBackend() falls back to wasm without TensorFlow's library, says why and what would be faster", async () => {
  const script = `import { useBackend } from "${import.meta.resolve("../../lib/tensor/mod.ts")}";
    const report = await useBackend("auto");
    let error = "";
    try { await useBackend("tensorflow"); } catch (e) { error = e.message; }
    console.log(JSON.stringify({ ...report, error }));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { IRNET_LIBTENSORFLOW: "/nowhere/to/be/found" },
  }).output();
  assertEquals(new TextDecoder().decode(stderr), "");
  const { name, reason, advice, error } = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals(name, gpu ? "webgpu" : "wasm");
  assert(reason.includes("/nowhere/to/be/found"), reason);
  if (!gpu) assert(advice.includes("setup:tensorflow"), advice);
  assert(error.includes("/nowhere/to/be/found") && error.includes("setup:tensorflow"), error);
});

Deno.test({
  name: "useBackend() refuses another number of threads than TensorFlow runs with",
  ignore: !tensorflow,
  fn: async () => {
    await assertRejects(() => useBackend("tensorflow", { threads: 3 }), Error, "Expected 0 threads");
  },
});

Deno.test({
  name: "The tensorflow backend frees every tensor of TensorFlow's own",
  ignore: !tensorflow,
  fn: async () => {
    await useBackend("tensorflow");
    const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
    const step = () =>
      tf.tidy(() => {
        const x = tf.ones<tf.Rank.R4>([2, 8, 8, 4]), filter = tf.ones<tf.Rank.R4>([3, 3, 4, 4]);
        const bias = tf.ones<tf.Rank.R1>([4]);
        const loss = (x: tf.Tensor, filter: tf.Tensor) =>
          conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, { stride: 2, padding: 1, bias, activation: "relu" }).sum();
        tf.grads(loss)([x, filter])[0]!.dataSync();
      });
    step();
    const before = binding.getNumOfTensors();
    for (let i = 0; i < 5; i++) step();
    assertEquals(binding.getNumOfTensors(), before);
  },
});
