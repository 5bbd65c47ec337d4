/** Runs a test on every backend that is there. */
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { findLibrary } from "../../lib/tensor/tensorflow/find_library.ts";
import { findAdapter } from "../../lib/tensor/webgpu/start.ts";
import { assertEquals } from "../assert.ts";
import { lacks, patient } from "../needs.ts";

const library = findLibrary().path !== null;
// Started before the first test, because libraries stay open after it; and before any adapter is asked for, because
// TensorFlow does not survive being loaded beside a software adapter.
if (library) await useBackend("tensorflow");

const adapter = await findAdapter();

/** Backends, each with whether it can run here. The last one can read tensors at once, as some tests do after it. */
export const backends = [
  { name: "cpu", runs: true },
  { name: "webgpu", runs: !lacks("webgpu", adapter !== null) },
  { name: "wasm", runs: true },
  { name: "tensorflow", runs: !lacks("tensorflow", library) },
] as const;

for (const { name, runs } of backends) if (runs) await useBackend(name);

/** Whether programs for GPUs are run by a program here, which takes long, and nobody asked for patience. */
export const hurries: boolean = adapter !== null && lacks("patience", !adapter.software || patient);

/** Declares a test of the backend `webgpu`, which leaves no tensor behind. */
export function onWebgpu(promise: string, check: () => void | Promise<void>): void {
  on("webgpu", promise, check);
}

/** Declares a test for each backend; it must leave no tensor behind. */
export function onEachBackend(promise: string, check: () => void | Promise<void>): void {
  for (const { name } of backends) on(name, promise, check);
}

function on(backend: typeof backends[number]["name"], promise: string, check: () => void | Promise<void>): void {
  Deno.test({
    name: `${promise} (${backend})`,
    ignore: !backends.some(({ name, runs }) => name === backend && runs),
    async fn() {
      await useBackend(backend);
      const before = tf.memory().numTensors;
      await check();
      assertEquals(tf.memory().numTensors, before, "tensors left behind");
    },
  });
}
