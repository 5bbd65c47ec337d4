import type { NamedTensors } from "../../lib/files/safetensors.ts";
import { irnetMaps } from "../../lib/irnet/infer.ts";
import { irnetLoss, pairCounts, pairLosses } from "../../lib/irnet/losses.ts";
import { boundaryBranch, displacementBranch, headParameters, irnetImportRules } from "../../lib/irnet/network.ts";
import { resnet50 } from "../../lib/nn/mod.ts";
import { pathIndex } from "../../lib/relation/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, fromParams, toParams } from "../../lib/weights/params.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import { assertAlmostEquals, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { goldenBackends } from "../nn/golden_backends.ts";
import { greatest, norm } from "../nn/numbers.ts";
import { prngParams } from "../nn/prng_params.ts";
import { read } from "../tensor/_read.ts";

const heads = headParameters(resnet50.taps, 256);

async function open(backend: "auto" | "webgpu") {
  await useBackend(backend);
  const specs = [...resnet50.parameters, ...heads];
  return toParams(prngParams(specs, (name) => name.startsWith("fc_") ? name : `resnet50.${name}`), specs);
}

for (const { backend, ignore } of goldenBackends) {
  Deno.test({
    name: `IRNet equals the reference: boundary, displacement, losses and gradients (${backend})`,
    ignore,
    fn: () => checkTraining(backend),
  });
  Deno.test({
    name: `irnetMaps() equals the reference's flipped inference on a padded canvas (${backend})`,
    ignore,
    fn: () => checkInference(backend),
  });
}

async function checkTraining(backend: "auto" | "webgpu"): Promise<void> {
  const golden = await readGolden("g09_irnet");
  const params = await open(backend);
  const before = tf.memory().numTensors;
  const [, , side] = golden.shape("x") as [number, number, number];
  const labels = [Uint8Array.from(golden.i32("label"))];
  const index = pathIndex(10), size = { height: side / 4, width: side / 4 };
  const pairs = { labels, index, counts: pairCounts(labels, { index, size }) };

  const x = tf.tidy(() => tf.tensor(golden.f32("x"), golden.shape("x")).transpose<tf.Tensor4D>([0, 2, 3, 1]));
  const { taps } = resnet50.forward(params, x, { taps: true });
  const branches = () =>
    [boundaryBranch(params, taps, resnet50.taps), displacementBranch(params, taps, resnet50.taps)] as const;
  const { value, grads } = tf.valueAndGrads(() => irnetLoss(...branches(), pairs))(
    heads.map(({ name }) => params[name]!),
  );
  const [boundary, displacement, channelsFirst] = await read(() => {
    const [boundary, displacement] = branches();
    return [boundary, displacement, tf.transpose(displacement, [0, 3, 1, 2])];
  });
  for (const [key, values] of [["edge_logits", boundary!], ["dp", channelsFirst!]] as const) {
    const expected = golden.f32(key);
    assertClose(values, expected, { absolute: 1e-4 * greatest(expected), name: key });
  }
  const { parts } = pairLosses(boundary!, displacement!, { ...pairs, size });

  const { pos_aff, neg_aff, dp_fg, dp_bg, total } = golden.params.losses;
  assertAlmostEquals((await value.data())[0]!, total, 1e-4 * total);
  assertClose(
    [parts.positive, parts.negative, parts.foreground, parts.background],
    [pos_aff, neg_aff, dp_fg, dp_bg],
    { relative: 1e-4, name: "losses" },
  );
  const found = await fromParams(Object.fromEntries(heads.map(({ name }, i) => [name, grads[i]!])), heads);
  assertEquals(Object.keys(found).sort(), Object.keys(golden.params.grads).sort());
  for (const { name } of heads) {
    const { l2, sum, first4 } = golden.params.grads[name];
    const { data } = found[name]!;
    assertAlmostEquals(norm(data), l2, 1e-3 * l2, name);
    assertAlmostEquals(
      data.reduce((a, b) => a + b, 0),
      sum,
      1e-3 * (Math.abs(sum) + l2 * Math.sqrt(data.length)),
      name,
    );
    assertClose(data.slice(0, 4), first4, { absolute: 2e-3 * l2, name });
  }
  tf.dispose([value, ...grads, x, ...taps]);
  assertEquals(tf.memory().numTensors, before);
  disposeParams(params);
}

/** The mean displacement that the golden's inference subtracted; its description states it. */
function goldenMean(golden: Golden): [number, number] {
  const [, dy, dx] = /running_mean=\(([-\d.]+), ?([-\d.]+)\)/.exec(golden.describe("inf_dp"))!;
  return [Number(dy), Number(dx)];
}

async function checkInference(backend: "auto" | "webgpu"): Promise<void> {
  const golden = await readGolden("g09_irnet");
  const params = await open(backend);
  const before = tf.memory().numTensors;
  const [, , height, width] = golden.shape("inf_x") as [number, number, number, number];
  const crop = golden.shape("x")[2]!;
  const first = golden.f32("inf_x").subarray(0, 3 * height * width);
  const pixels = new Float32Array(first.length);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = first[c * height * width + i]!;
  }
  const irnet = { backbone: resnet50, params, meanDisplacement: goldenMean(golden) };
  const maps = await irnetMaps(irnet, { height, width, pixels }, { crop });
  assertEquals([1, maps.height, maps.width], golden.shape("inf_edge"));
  assertClose(maps.boundary, golden.f32("inf_edge"), { absolute: 1e-4, name: "boundary" });
  assertClose(maps.displacement, golden.f32("inf_dp"), {
    absolute: 1e-4 * greatest(golden.f32("inf_dp")),
    name: "displacement",
  });
  assertEquals(tf.memory().numTensors, before);
  disposeParams(params);
}

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
