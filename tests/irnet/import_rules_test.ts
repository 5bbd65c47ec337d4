import { headParameters, irnetImportRules } from "../../lib/irnet/network.ts";
import { resnet50 } from "../../lib/nn/mod.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { assertEquals, assertThrows } from "../assert.ts";

// One value is enough to tell parameters apart.
const specs = [
  ...resnet50.parameters,
  ...headParameters(resnet50.taps, 256),
  { name: "mean_displacement", shape: [2], role: "offset" } as const,
].map((spec) => ({ ...spec, shape: [1] }));

const tensors: NamedTensors = Object.fromEntries(
  specs.map(({ name }, i) => [name, { shape: [1], data: Float32Array.of(i) }]),
);
const load = (named: NamedTensors) =>
  importWeights({ name: "res50_irn.pth", tensors: named, metadata: {} }, specs, irnetImportRules(resnet50));

/** The name that a parameter of the backbone has in the released IRNet: the stem is stage 1, layer n is stage n + 1. */
function inStage(name: string, stages: string, first: number): string {
  if (name.startsWith("conv1.")) return name.replace("conv1.", `${stages}${first}.0.`);
  if (name.startsWith("bn1.")) return name.replace("bn1.", `${stages}${first}.1.`);
  return name.replace(/^layer(\d)\./, (_, layer) => `${stages}${Number(layer) + first}.0.`);
}

/** All names of a parameter in the released IRNet. */
function copies(name: string): string[] {
  if (name === "mean_displacement") {
    return ["mean_shift", "fc_dp7.4", "dp_layers.6.4"].map((part) => `${part}.running_mean`);
  }
  const head = /^fc_(edge|dp)(\d)\.(.*)$/.exec(name);
  if (head) return [name, `${head[1]}_layers.${Number(head[2]) - 1}.${head[3]}`];
  return [`resnet50.${name}`, inStage(name, "stage", 1), inStage(name, "backbone.", 0)];
}

const released: NamedTensors = Object.fromEntries(
  Object.entries(tensors).flatMap(([name, tensor]) => copies(name).map((copy) => [copy, tensor])),
);

Deno.test("irnetImportRules() knows the released IRNet's file, with its copies and indices of pixel pairs", () => {
  assertEquals("stage2.0.0.conv1.weight" in released && "edge_layers.5.bias" in released, true);
  const buffer = { shape: [1], data: Float32Array.of(1) };
  assertEquals(load({ ...released, path_indices_0: buffer, disp_target: buffer }), tensors);
});

Deno.test("irnetImportRules() takes our own file, and finds copies that differ", () => {
  assertEquals(load(tensors), tensors);
  const wrong = { ...released, "dp_layers.6.4.running_mean": { shape: [1], data: Float32Array.of(-1) } };
  assertThrows(() => load(wrong), Error, "dp_layers.6.4.running_mean and mean_shift.running_mean should be equal");
});
