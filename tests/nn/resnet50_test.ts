import { resnet50 } from "../../lib/nn/resnet50.ts";
import { importWeights } from "../../lib/weights/import_weights.ts";
import type { NamedTensors } from "../../lib/weights/safetensors.ts";
import { assertEquals } from "../assert.ts";

/** One value a parameter, repeated: cheap, and different between parameters. */
const tensors: NamedTensors = Object.fromEntries(resnet50.parameters.map(({ name, shape }, i) => [
  name,
  { shape: [...shape], data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(i) },
]));
const load = (named: NamedTensors) =>
  importWeights({ name: "w", tensors: named, metadata: {} }, resnet50.parameters, resnet50.importRules);
const renamed = (rename: (name: string) => string) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));

Deno.test("resnet50 has torchvision's names: 53 convolutions with their norms", () => {
  assertEquals(resnet50.parameters.length, 53 * 5);
  assertEquals(resnet50.parameters.slice(0, 2).map(({ name }) => name), ["conv1.weight", "bn1.weight"]);
  assertEquals(resnet50.parameters.find(({ name }) => name === "layer4.2.conv3.weight")!.shape, [2048, 512, 1, 1]);
});

Deno.test("resnet50 takes torchvision's file, without its classifier and counters", () => {
  const extra = { shape: [1], data: Float32Array.of(0) };
  assertEquals(load({ ...tensors, "fc.weight": extra, "bn1.num_batches_tracked": extra }), tensors);
});

Deno.test("resnet50 takes the released CAM network's file, which names every parameter three times", () => {
  const stage = (name: string, [first, rest]: [string, (index: number) => string]) =>
    name.startsWith("conv1.")
      ? `${first}.0.${name.slice(6)}`
      : name.startsWith("bn1.")
      ? `${first}.1.${name.slice(4)}`
      : name.startsWith("layer1.")
      ? `${first}.4.${name.slice(7)}`
      : `${rest(Number(name[5]))}.0.${name.slice(7)}`;
  const copies = {
    ...renamed((name) => `resnet50.${name}`),
    ...renamed((name) => stage(name, ["stage1", (i) => `stage${i}`])),
    ...renamed((name) => stage(name, ["backbone.0", (i) => `backbone.${i - 1}`])),
  };
  assertEquals(Object.keys(copies).length, 3 * resnet50.parameters.length);
  assertEquals(load(copies), tensors);
});
