import {
  camImportRules,
  camLogits,
  camMaps,
  type CamNetwork,
  classifierParameters,
  multilabelSoftMargin,
} from "../../lib/cam/network.ts";
import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { resnet50, sampleNet } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, fromParams, toParams } from "../../lib/weights/params.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import { assertAlmostEquals, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { goldenBackends } from "../nn/golden_backends.ts";
import { greatest, norm } from "../nn/numbers.ts";
import { prngParams } from "../nn/prng_params.ts";
import { read } from "../tensor/_read.ts";

interface Statistics {
  readonly l2: number;
  readonly sum: number;
  readonly first4: number[];
}

const channelsFirst = (x: tf.Tensor) => x.transpose([0, 3, 1, 2]);

/** The golden network, with its image as a tensor. */
async function openGolden(backend: "auto" | "webgpu"): Promise<
  { golden: Golden; network: CamNetwork; specs: typeof resnet50.parameters; x: tf.Tensor4D }
> {
  await useBackend(backend);
  const golden = await readGolden("g09_camnet");
  const specs = [...resnet50.parameters, ...classifierParameters(resnet50, golden.shape("target")[1]!)];
  const params = toParams(prngParams(specs, (name) => /^classifier/.test(name) ? name : `resnet50.${name}`), specs);
  const x = tf.tidy(() => tf.tensor(golden.f32("x"), golden.shape("x")).transpose<tf.Tensor4D>([0, 2, 3, 1]));
  return { golden, network: { backbone: resnet50, params }, specs, x };
}

for (const { backend, ignore } of goldenBackends) {
  Deno.test({
    name: `the CAM network on ResNet-50 equals the reference: stages, logits, loss, maps and gradients (${backend})`,
    ignore,
    fn: () => check(backend),
  });
}

async function check(backend: "auto" | "webgpu"): Promise<void> {
  const { golden, network, specs, x } = await openGolden(backend);
  const { params } = network;
  assertEquals(
    specs.filter(({ role }) => role !== "mean" && role !== "variance").reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    ),
    golden.params.n_params,
  );

  const before = tf.memory().numTensors;
  const shapes: number[][] = [];
  const [cam, stage4, ...stages] = await read(() => {
    const first = x.slice([0, 0, 0, 0], [1, -1, -1, -1]);
    const maps = camMaps(network, tf.concat([first, first.reverse(2)]));
    const [one, mirrored] = tf.unstack(maps) as [tf.Tensor3D, tf.Tensor3D];
    const taps = resnet50.forward(params, x, { taps: true }).taps.map(channelsFirst);
    shapes.push(...taps.map(({ shape }) => shape));
    const [b, c, h, w] = golden.shape("stage4") as [number, number, number, number];
    return [
      one.add(mirrored.reverse(1)).transpose([2, 0, 1]),
      taps[4]!.slice([0, 0, 0, 0], [b, c, h, w]),
      ...taps.slice(1),
    ];
  });
  for (const [i, values] of stages.entries()) {
    const stage = golden.params.stages[`stage${i + 1}`], tolerance = { absolute: 1e-4 * stage.absmax };
    assertEquals(shapes[i + 1], stage.shape);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    assertAlmostEquals(mean, stage.mean, tolerance.absolute);
    assertAlmostEquals(greatest(values), stage.absmax, tolerance.absolute);
    assertClose(values.slice(0, 4), stage.first4, { ...tolerance, name: `stage${i + 1}` });
  }
  assertClose(stage4!, golden.f32("stage4"), { absolute: 1e-4 * golden.params.stages.stage4.absmax, name: "stage4" });
  assertClose(cam!, golden.f32("cam"), { absolute: 1e-4 * greatest(golden.f32("cam")), name: "cam" });
  assertEquals(tf.memory().numTensors, before);

  const gradients = golden.params.grads as Record<string, Statistics | null>;
  const title = (name: string) => /^classifier/.test(name) ? name : `resnet50.${name}`;
  const trained = specs.filter(({ name }) => resnet50.trainsForCam(name) || name === "classifier.weight");
  assertEquals(
    trained.map(({ name }) => title(name)).sort(),
    Object.keys(gradients).filter((name) => gradients[name]).sort(),
  );
  const target = golden.f32("target");
  const { value, grads } = tf.valueAndGrads(() => {
    const logits = camLogits(network, x, { detach: true });
    return multilabelSoftMargin(logits, tf.tensor2d(target, logits.shape)).div<tf.Scalar>(logits.shape[0]);
  })(trained.map(({ name }) => params[name]!));
  assertAlmostEquals((await value.data())[0]!, golden.params.loss, 1e-5);
  const found = await fromParams(Object.fromEntries(trained.map(({ name }, i) => [name, grads[i]!])), trained);
  for (const { name } of trained) {
    const { l2, sum, first4 } = gradients[title(name)]!;
    const { data } = found[name]!;
    assertAlmostEquals(norm(data), l2, 1e-3 * l2, name);
    assertAlmostEquals(data.reduce((a, b) => a + b, 0), sum, 1e-3 * (Math.abs(sum) + l2), name);
    assertClose(data.slice(0, 4), first4, {
      absolute: 1e-3 * l2 / Math.sqrt(data.length) + 1e-3 * greatest(first4),
      name,
    });
  }
  tf.dispose([value, ...grads]);
  assertEquals(tf.memory().numTensors, before);

  const folded = resnet50.fold(params);
  const [plainLogits, foldedLogits] = await read(() => [
    camLogits(network, x),
    camLogits({ backbone: resnet50, params: { ...params, ...folded } }, x),
  ]);
  assertClose(plainLogits!, golden.f32("logits"), { relative: 1e-4, absolute: 1e-5, name: "logits" });
  assertClose(foldedLogits!, golden.f32("logits"), { relative: 1e-4, absolute: 1e-5, name: "folded logits" });
  disposeParams(folded);
  disposeParams(params);
  x.dispose();
}

Deno.test("multilabelSoftMargin() and its gradient equal PyTorch's", async () => {
  await tf.setBackend("cpu");
  const golden = await readGolden("g08_layers");
  const shape = golden.shape("mlsm.x") as [number, number];
  const target = tf.tensor2d(golden.f32("mlsm.target"), shape);
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
    multilabelSoftMargin(x as tf.Tensor2D, target).div(shape[0])
  )(tf.tensor2d(golden.f32("mlsm.x"), shape));
  assertAlmostEquals(value.dataSync()[0]!, golden.params.mlsm_loss, 1e-5);
  assertClose(grad.dataSync(), golden.f32("mlsm.gx"), { absolute: 1e-6 });
});

Deno.test("multilabelSoftMargin() stays finite for logits of ±200", async () => {
  await tf.setBackend("cpu");
  const loss = multilabelSoftMargin(tf.tensor2d([[200, -200]]), tf.tensor2d([[0, 1]]));
  assertAlmostEquals(loss.dataSync()[0]!, 200, 1e-3);
});

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
