import { camLogits, type CamNetwork, classifierParameters, multilabelSoftMargin } from "../../lib/cam/network.ts";
import { resnet50 } from "../../lib/nn/mod.ts";
import { conv2d, depthwiseConv2d, inFloat32, maxPool, tf, useBackend } from "../../lib/tensor/mod.ts";
import { toParams } from "../../lib/weights/params.ts";
import { assert, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";
import { norm } from "../nn/numbers.ts";
import { prngParams } from "../nn/prng_params.ts";
import { backends } from "./_backends.ts";
import { sampleMap } from "./_reference.ts";

const { runs } = backends.find(({ name }) => name === "tensorflow")!;

/** Declares a test of TensorFlow's convolutions in bfloat16, which leaves neither tensors nor another precision behind. */
function inBfloat16(promise: string, check: () => void | Promise<void>): void {
  Deno.test({
    name: `${promise} (tensorflow, bfloat16)`,
    ignore: !runs,
    async fn() {
      await useBackend("tensorflow", { precision: "bfloat16" });
      const before = counts();
      try {
        await check();
        assertEquals(counts(), before, "tensors left behind");
      } finally {
        await useBackend("tensorflow");
      }
    },
  });
}

/** Tensors of TensorFlow.js, and TensorFlow's own. */
function counts(): [number, number] {
  const { binding } = tf.backend() as unknown as { binding: { getNumOfTensors(): number } };
  return [tf.memory().numTensors, binding.getNumOfTensors()];
}

const tensor = (shape: [number, number, number, number], seed: number) =>
  tf.tensor4d(Float32Array.from(sampleMap(shape, seed).data), shape);

/** Result and gradients of a layer. */
function differentiate(layer: (...inputs: tf.Tensor4D[]) => tf.Tensor, inputs: tf.Tensor4D[]): Float32Array[] {
  return tf.tidy(() => {
    const y = layer(...inputs);
    const weights = tensor([1, 1, 1, y.size], 9).reshape(y.shape);
    const gradients = tf.grads((...x) => layer(...x as tf.Tensor4D[]).mul(weights).sum())(inputs);
    return [y, ...gradients].map((value) => value.dataSync<"float32">());
  });
}

/** Bfloat16 has 8 bits: products err by 1/256, and some of it cancels in sums. */
function assertRounded(
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
  { name, bound = 0.01 }: { name: string; bound?: number },
): void {
  assertEquals(actual.length, expected.length);
  for (const [i, values] of expected.entries()) {
    const error = norm(values.map((value, j) => value - actual[i]![j]!)) / norm(values);
    assert(error < bound, `Expected ${name}, value ${i}, within ${bound} of float32 but found ${error.toFixed(4)}`);
  }
}

const layers: [size: number, stride: number, padding: number, channels: number, batch: number][] = [
  [1, 1, 0, 8, 2],
  [1, 2, 0, 5, 1],
  [3, 1, 1, 21, 2],
  [3, 2, 1, 8, 1],
  [7, 2, 3, 3, 2],
];

for (const [size, stride, padding, channels, batch] of layers) {
  const name = `${size}×${size} filters, stride ${stride}, ${channels} channels`;
  inBfloat16(`conv2d() and its gradients are those of float32 within 1 %: ${name}`, async () => {
    const inputs = [
      tensor([batch, 11, 14, channels], 1),
      tensor([size, size, channels, 6], 2),
      tensor([1, 1, 1, 6], 3),
    ];
    const y = [Math.floor((11 + 2 * padding - size) / stride) + 1, Math.floor((14 + 2 * padding - size) / stride) + 1];
    inputs.push(tensor([batch, y[0]!, y[1]!, 6], 4));
    const layer = (x?: tf.Tensor4D, filter?: tf.Tensor4D, bias?: tf.Tensor4D, addend?: tf.Tensor4D) =>
      conv2d(x!, filter!, { stride, padding, bias: bias!.flatten(), addend: addend! });
    const rounded = differentiate(layer, inputs);
    await useBackend("tensorflow");
    const exact = differentiate(layer, inputs);
    assertRounded(rounded, exact, { name });
    assert(rounded[0]!.some((value, i) => value !== exact[0]![i]), "Expected rounded numbers");
    tf.dispose(inputs);
  });
}

inBfloat16("tensors that are kept in bfloat16 enter every other operation as float32 tensors do", () => {
  const x = tensor([2, 6, 8, 4], 1), filter = tensor([3, 3, 4, 4], 2), depthwise = tensor([3, 3, 4, 1], 3);
  const network = (x?: tf.Tensor4D, filter?: tf.Tensor4D, depthwise?: tf.Tensor4D) => {
    const a = conv2d(x!, filter!, { padding: 1, activation: "relu" }),
      b = conv2d(a, filter!, { padding: 1, addend: a });
    const joined = tf.concat([maxPool(a, { size: 3, stride: 2, padding: 1 }), b.slice([0, 1, 2, 0], [2, 3, 4, 4])], 3);
    const moved = depthwiseConv2d(joined.slice([0, 0, 0, 0], [2, 3, 4, 4]) as tf.Tensor4D, depthwise!, { padding: 1 });
    return moved.mul(2).sub(joined.slice([0, 0, 0, 4], [2, 3, 4, 4])).transpose([0, 3, 1, 2]).reshape([8, 12])
      .matMul(tf.ones([12, 2])).sigmoid();
  };
  const inputs = [x, filter, depthwise];
  const rounded = differentiate(network, inputs);
  const exact = differentiate((...x) => inFloat32(() => network(...x)), inputs);
  assertRounded(rounded, exact, { name: "all", bound: 0.06 }); // maxima and activations switch over
  tf.dispose(inputs);
});

inBfloat16("inFloat32() computes a layer and its gradients as if there were no bfloat16", async () => {
  const inputs = [tensor([1, 9, 9, 8], 1), tensor([3, 3, 8, 8], 2)];
  const layer = (x?: tf.Tensor4D, filter?: tf.Tensor4D) => conv2d(x!, filter!, { padding: 1, activation: "relu6" });
  const inside = differentiate((x, filter) => inFloat32(() => layer(x, filter)), inputs);
  await useBackend("tensorflow");
  assertEquals(inside, differentiate(layer, inputs));
  tf.dispose(inputs);
});

inBfloat16("the CAM network on ResNet-50 is near the reference: logits and loss 2 %, gradients 6 %", async () => {
  const golden = await readGolden("g09_camnet");
  const specs = [...resnet50.parameters, ...classifierParameters(resnet50, golden.shape("target")[1]!)];
  const params = toParams(prngParams(specs, (name) => /^classifier/.test(name) ? name : `resnet50.${name}`), specs);
  const network: CamNetwork = { backbone: resnet50, params };
  const names = specs.map(({ name }) => name).filter((name) =>
    resnet50.trainsForCam(name) || name === "classifier.weight"
  );
  tf.tidy(() => {
    const x = tf.tensor(golden.f32("x"), golden.shape("x")).transpose<tf.Tensor4D>([0, 2, 3, 1]);
    const { value, grads } = tf.valueAndGrads(() => {
      const logits = camLogits(network, x, { detach: true }), expected = golden.f32("logits");
      const error = norm(logits.dataSync().map((value, i) => value - expected[i]!)) / norm(expected);
      assert(error < 0.02, `Expected logits within 2 % but found ${(100 * error).toFixed(2)} %`);
      return multilabelSoftMargin(logits, tf.tensor2d(golden.f32("target"), logits.shape)).div<tf.Scalar>(x.shape[0]);
    })(names.map((name) => params[name]!));
    const loss = value.dataSync()[0]!;
    assert(
      Math.abs(loss / golden.params.loss - 1) < 0.02,
      `Expected a loss of ${golden.params.loss} but found ${loss}`,
    );
    for (const [i, name] of names.entries()) {
      const { l2 } = golden.params.grads[/^classifier/.test(name) ? name : `resnet50.${name}`];
      const gradient = grads[i]!.dataSync();
      assert(
        Math.abs(norm(gradient) / l2 - 1) < 0.06,
        `Expected |${name}'s gradient| ${l2} but found ${norm(gradient)}`,
      );
    }
  });
  tf.dispose(params);
});
