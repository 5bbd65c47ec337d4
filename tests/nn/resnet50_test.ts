import { resnet50 } from "../../lib/nn/resnet50.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { assertEquals } from "../assert.ts";

/** One value a parameter, repeated: cheap, and different between parameters. */
const tensors: NamedTensors = Object.fromEntries(resnet50.parameters.map(({ name, shape }, i) => [
  name,
  { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i) },
]));
const load = (named: NamedTensors) =>
  importWeights({ name: "w", tensors: named, metadata: {} }, resnet50.parameters, resnet50.importRules);

Deno.test("resnet50 has torchvision's names: 53 convolutions with their norms", () => {
  assertEquals(resnet50.parameters.length, 53 * 5);
  assertEquals(resnet50.parameters.slice(0, 2).map(({ name }) => name), ["conv1.weight", "bn1.weight"]);
  assertEquals(resnet50.parameters.find(({ name }) => name === "layer4.2.conv3.weight")!.shape, [2048, 512, 1, 1]);
});

Deno.test("resnet50 takes torchvision's file, without its classifier and counters", () => {
  const extra = { shape: [1], data: Float32Array.of(0) };
  assertEquals(load({ ...tensors, "fc.weight": extra, "bn1.num_batches_tracked": extra }), tensors);
});
