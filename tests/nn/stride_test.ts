import { efficientnetLite, resnet50, resnet50At } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/mod.ts";
import { assert, assertClose, assertEquals } from "../assert.ts";

Deno.test("efficientnetLite() at stride 8 has the parameters of stride 16 and features twice as fine", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const network = efficientnetLite("efficientnet_lite0", { stride: 8 });
  assertEquals(network.parameters, efficientnetLite("efficientnet_lite0").parameters);
  const params = toParams(network.initialise(0), network.parameters);
  tf.tidy(() => {
    const image = tf.randomUniform<tf.Rank.R4>([1, 33, 48, 3], -1, 1, "float32", 1);
    const { features, taps } = network.forward(params, image, { taps: true });
    assertEquals(features.shape, [1, 5, 6, 1280]);
    assertEquals(
      taps.map((tap) => tap.shape),
      network.taps.map(({ stride, channels }) => [1, Math.ceil(33 / stride), Math.ceil(48 / stride), channels]),
    );
    assert(network.taps.every(({ stride }) => stride <= 8));
  });
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});

Deno.test("resnet50 at stride 8 sees at every second feature what it sees at stride 16", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const network = resnet50At({ stride: 8 });
  assertEquals(network.parameters, resnet50.parameters);
  const params = toParams(network.initialise(0), network.parameters);
  tf.tidy(() => {
    const image = tf.randomUniform<tf.Rank.R4>([1, 32, 64, 3], -1, 1, "float32", 2);
    const coarse = resnet50.forward(params, image, { taps: true }).taps[3]!;
    const { features, taps } = network.forward(params, image, { taps: true });
    assertEquals(features.shape, [1, 4, 8, 2048]);
    // A stride that became a dilation leaves the even positions as they were.
    const even = taps[3]!.reshape([1, 2, 2, 4, 2, 1024]).slice([0, 0, 0, 0, 0, 0], [1, 2, 1, 4, 1, 1024]);
    const scale = coarse.abs().max().dataSync()[0]!;
    assertClose(even.dataSync(), coarse.dataSync(), { absolute: 1e-4 * scale, relative: 1e-4, name: "layer3" });
  });
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});
