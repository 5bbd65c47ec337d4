/** Runs a test on every backend that is there. */
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { findLibrary } from "../../lib/tensor/tensorflow/find_library.ts";
import { findAdapter } from "../../lib/tensor/webgpu/start.ts";
import { assertEquals } from "../assert.ts";

const library = findLibrary().path !== null;
// Started before the first test, because libraries stay open after it; and before any adapter is asked for, because
// TensorFlow does not survive being loaded beside a software adapter.
if (library) await useBackend("tensorflow");

/** Backends, each with whether it can run here. The last one can read tensors at once, as some tests do after it. */
export const backends = [
  { name: "cpu", runs: true, missing: "" },
  { name: "webgpu", runs: await findAdapter() !== null, missing: "no driver offers an adapter" },
  { name: "wasm", runs: true, missing: "" },
  { name: "tensorflow", runs: library, missing: "its library is not there (deno task setup:tensorflow)" },
] as const;

for (const { name, runs, missing } of backends) {
  if (runs) await useBackend(name);
  else console.log(`Ignoring the tests of the ${name} backend: ${missing}`);
}

/** Declares a test for each backend; it must leave no tensor behind. */
export function onEachBackend(promise: string, check: () => void | Promise<void>): void {
  for (const { name, runs } of backends) {
    Deno.test({
      name: `${promise} (${name})`,
      ignore: !runs,
      async fn() {
        await useBackend(name);
        const before = tf.memory().numTensors;
        await check();
        assertEquals(tf.memory().numTensors, before, "tensors left behind");
      },
    });
  }
}
