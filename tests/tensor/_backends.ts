/** Runs a test on every backend that is there. */
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { findLibrary } from "../../lib/tensor/tensorflow/mod.ts";
import { assertEquals } from "../assert.ts";

/** Backends, each with whether it can run here. */
export const backends = [
  { name: "cpu", runs: true },
  { name: "wasm", runs: true },
  { name: "tensorflow", runs: findLibrary().path !== null },
] as const;

// Started before the first test, because libraries stay open after it.
for (const { name, runs } of backends) {
  if (runs) await useBackend(name);
  else console.log(`Ignoring the tests of the ${name} backend: its library is not there (deno task setup:tensorflow)`);
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
