import { camLogits, camMaps, type CamNetwork, classifierParameters } from "../../lib/cam/network.ts";
import { multilabelSoftMargin } from "../../lib/cam/loss.ts";
import { resnet50 } from "../../lib/nn/resnet50.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, fromParams, toParams } from "../../lib/weights/params.ts";
import { assertAlmostEquals, assertClose, assertEquals } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { greatest, norm } from "../nn/numbers.ts";
import { prngParams } from "../nn/prng_params.ts";

interface Statistics {
  readonly l2: number;
  readonly sum: number;
  readonly first4: number[];
}

const channelsFirst = (x: tf.Tensor) => x.transpose([0, 3, 1, 2]);

/** The golden network, with its image as a tensor. */
async function openGolden(): Promise<
  { golden: Golden; network: CamNetwork; specs: typeof resnet50.parameters; x: tf.Tensor4D }
> {
  await useBackend("auto");
  const golden = await readGolden("g09_camnet");
  const specs = [...resnet50.parameters, ...classifierParameters(resnet50, golden.shape("target")[1]!)];
  const params = toParams(prngParams(specs, (name) => /^classifier/.test(name) ? name : `resnet50.${name}`), specs);
  const x = tf.tidy(() => tf.tensor(golden.f32("x"), golden.shape("x")).transpose<tf.Tensor4D>([0, 2, 3, 1]));
  return { golden, network: { backbone: resnet50, params }, specs, x };
}

Deno.test("the CAM network on ResNet-50 equals the reference: stages, logits, loss, maps and gradients", async () => {
  const { golden, network, specs, x } = await openGolden();
  const { params } = network;
  assertEquals(
    specs.filter(({ role }) => role !== "mean" && role !== "variance").reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    ),
    golden.params.n_params,
  );

  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const { taps } = resnet50.forward(params, x, { taps: true });
    for (const [i, tap] of taps.slice(1).entries()) {
      const stage = golden.params.stages[`stage${i + 1}`];
      const values = channelsFirst(tap);
      assertEquals(values.shape, stage.shape);
      assertAlmostEquals(values.mean().dataSync()[0]!, stage.mean, 1e-4 * stage.absmax);
      assertAlmostEquals(greatest(values.dataSync()), stage.absmax, 1e-4 * stage.absmax);
      assertClose(values.dataSync().slice(0, 4), stage.first4, {
        absolute: 1e-4 * stage.absmax,
        name: `stage${i + 1}`,
      });
    }
    const [b, c, h, w] = golden.shape("stage4") as [number, number, number, number];
    const stage4 = channelsFirst(taps[4]!.slice([0, 0, 0, 0], [b, h, w, c])).dataSync();
    assertClose(stage4, golden.f32("stage4"), { absolute: 1e-4 * golden.params.stages.stage4.absmax, name: "stage4" });

    const first = x.slice([0, 0, 0, 0], [1, -1, -1, -1]);
    const maps = camMaps(network, tf.concat([first, first.reverse(2)]));
    const [one, mirrored] = tf.unstack(maps) as [tf.Tensor3D, tf.Tensor3D];
    const cam = one.add(mirrored.reverse(1)).transpose([2, 0, 1]).dataSync();
    assertClose(cam, golden.f32("cam"), { absolute: 1e-4 * greatest(golden.f32("cam")), name: "cam" });
  });
  assertEquals(tf.memory().numTensors, before);

  const gradients = golden.params.grads as Record<string, Statistics | null>;
  const title = (name: string) => /^classifier/.test(name) ? name : `resnet50.${name}`;
  const trained = specs.filter(({ name }) => resnet50.trainsForCam(name) || name === "classifier.weight");
  assertEquals(
    trained.map(({ name }) => title(name)).sort(),
    Object.keys(gradients).filter((name) => gradients[name]).sort(),
  );
  const { value, grads } = tf.valueAndGrads(() => {
    const logits = camLogits(network, x, { detach: true });
    assertClose(logits.dataSync(), golden.f32("logits"), { relative: 1e-4, absolute: 1e-5, name: "logits" });
    const target = tf.tensor2d(golden.f32("target"), logits.shape);
    return multilabelSoftMargin(logits, target).div<tf.Scalar>(logits.shape[0]);
  })(trained.map(({ name }) => params[name]!));
  assertAlmostEquals(value.dataSync()[0]!, golden.params.loss, 1e-5);
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
  tf.tidy(() => {
    const logits = camLogits({ backbone: resnet50, params: { ...params, ...folded } }, x);
    assertClose(logits.dataSync(), golden.f32("logits"), { relative: 1e-4, absolute: 1e-5, name: "folded logits" });
  });
  disposeParams(folded);
  disposeParams(params);
  x.dispose();
});
