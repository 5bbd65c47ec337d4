import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { assertClose, assertEquals } from "../assert.ts";

Deno.test("sampleNet has 254,392 parameters and the taps that it promises", async () => {
  await useBackend("auto");
  const sizes = sampleNet.parameters.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  assertEquals(sizes.reduce((a, b) => a + b), 254392);
  const params = toParams(sampleNet.initialise(0), sampleNet.parameters);
  tf.tidy(() => {
    const { features, taps } = sampleNet.forward(params, tf.ones([2, 45, 60, 3]), { taps: true });
    assertEquals(features.shape, [2, 6, 8, 96]);
    assertEquals(
      taps.map((tap) => tap.shape),
      sampleNet.taps.map(({ stride, channels }) => [2, Math.ceil(45 / stride), Math.ceil(60 / stride), channels]),
    );
  });
  disposeParams(params);
});

Deno.test("sampleNet detached has the same late gradients, and none before them", async () => {
  await useBackend("auto");
  const params = toParams(sampleNet.initialise(0), sampleNet.parameters);
  const late = sampleNet.parameters.map(({ name }) => name).filter(sampleNet.trainsForCam);
  const image = tf.randomUniform<tf.Rank.R4>([1, 32, 32, 3], -1, 1, "float32", 1);
  const before = tf.memory().numTensors;
  const gradients = (detach: boolean) => {
    const loss = () => sampleNet.forward(params, image, { detach }).features.square().mean<tf.Scalar>();
    const { value, grads } = tf.valueAndGrads(loss)(late.map((name) => params[name]!));
    const values = grads.map((g) => g.dataSync().slice());
    tf.dispose([value, ...grads]);
    return values;
  };
  const [whole, detached] = [gradients(false), gradients(true)];
  late.forEach((name, i) => assertClose(detached[i]!, whole[i]!, { absolute: 1e-6, name }));
  assertEquals(tf.memory().numTensors, before);
  let found = "";
  try {
    tf.grads(() => sampleNet.forward(params, image, { detach: true }).features.mean())([params["stem.weight"]!]);
  } catch (error) {
    found = (error as Error).message;
  }
  assertEquals(found.startsWith("Cannot compute gradient"), true);
  image.dispose();
  disposeParams(params);
});
