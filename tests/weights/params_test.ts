import * as tf from "../../lib/tensor/tf.ts";
import { disposeParams, fromParams, type ParameterSpec, toParams } from "../../lib/weights/params.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const specs: ParameterSpec[] = [
  { name: "conv.weight", shape: [2, 3, 1, 2], role: "filter" },
  { name: "depth.weight", shape: [2, 1, 1, 2], role: "depthwise" },
  { name: "bias", shape: [2], role: "bias" },
];
const named = {
  "conv.weight": { shape: [2, 3, 1, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) },
  "depth.weight": { shape: [2, 1, 1, 2], data: Float32Array.of(0, 1, 2, 3) },
  bias: { shape: [2], data: Float32Array.of(5, 6) },
};

Deno.test("toParams() puts output channels last, and depthwise channels before them", async () => {
  await tf.setBackend("cpu");
  const params = toParams(named, specs);
  assertEquals(params["conv.weight"]!.shape, [1, 2, 3, 2]);
  // (o, i, x) is 6o + 2i + x in the file; in memory x comes first, then i, then o.
  assertEquals([...params["conv.weight"]!.dataSync()], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  assertEquals(params["depth.weight"]!.shape, [1, 2, 2, 1]);
  assertEquals([...params["depth.weight"]!.dataSync()], [0, 2, 1, 3]);
  disposeParams(params);
});

Deno.test("fromParams() undoes toParams()", async () => {
  await tf.setBackend("cpu");
  const before = tf.memory().numTensors;
  const params = toParams(named, specs);
  assertEquals(await fromParams(params, specs), named);
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("toParams() names a parameter that is not there", () => {
  assertThrows(() => toParams({ bias: named.bias }, specs), Error, "Expected a parameter conv.weight but found none");
});
