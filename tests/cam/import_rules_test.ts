import { camImportRules, classifierParameters } from "../../lib/cam/network.ts";
import { resnet50, sampleNet } from "../../lib/nn/mod.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { assertEquals, assertThrows } from "../assert.ts";

// One value is enough to tell parameters apart.
const specs = [...resnet50.parameters, ...classifierParameters(resnet50, 20)].map((spec) => ({ ...spec, shape: [1] }));

const tensors: NamedTensors = Object.fromEntries(
  specs.map(({ name }, i) => [name, { shape: [1], data: Float32Array.of(i) }]),
);
const load = (named: NamedTensors) =>
  importWeights({ name: "res50_cam.pth", tensors: named, metadata: {} }, specs, camImportRules(resnet50));

/** The name that a parameter has in the released CAM network, which puts the first three layers into one stage. */
function inStage(name: string, stages: string, first: number): string {
  const within = ["conv1.", "bn1.", "", "", "layer1."].findIndex((part) => part && name.startsWith(part));
  if (within >= 0) return name.replace(/^\w+\./, `${stages}${first}.${within}.`);
  return name.replace(/^layer(\d)\./, (_, layer) => `${stages}${Number(layer) - 1 + first}.0.`);
}

const released: NamedTensors = Object.fromEntries(
  Object.entries(tensors).flatMap(([name, tensor]) =>
    (name === "classifier.weight"
      ? [name, "newly_added.0.weight"]
      : [`resnet50.${name}`, inStage(name, "stage", 1), inStage(name, "backbone.", 0)]).map((copy) => [copy, tensor])
  ),
);

Deno.test("camImportRules() knows the released CAM network's file, which names every parameter up to three times", () => {
  assertEquals(Object.keys(released).length, 3 * resnet50.parameters.length + 2);
  assertEquals("stage1.4.0.conv1.weight" in released && "backbone.3.0.2.bn3.bias" in released, true);
  const counter = { shape: [], data: Float32Array.of(7) };
  assertEquals(load({ ...released, "stage1.1.num_batches_tracked": counter }), tensors);
});

Deno.test("camImportRules() takes our own file, and finds copies that differ", () => {
  assertEquals(load(tensors), tensors);
  const wrong = { ...released, "newly_added.0.weight": { shape: [1], data: Float32Array.of(-1) } };
  assertThrows(() => load(wrong), Error, "newly_added.0.weight and classifier.weight should be equal");
});

Deno.test("camImportRules() of other backbones are those of the backbone", () => {
  assertEquals(camImportRules(sampleNet), sampleNet.importRules);
});
