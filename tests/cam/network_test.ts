import {
  camLogits,
  camMaps,
  type CamNetwork,
  classifierParameters,
  multilabelSoftMargin,
} from "../../lib/cam/network.ts";
import { resnet50 } from "../../lib/nn/resnet50.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, fromParams, toParams } from "../../lib/weights/params.ts";
import { assertAlmostEquals, assertClose, assertEquals } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { greatest, norm } from "../nn/numbers.ts";
import { goldenBackends } from "../nn/golden_backends.ts";
import { read } from "../tensor/_read.ts";
import { prngParams } from "../nn/prng_params.ts";

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
