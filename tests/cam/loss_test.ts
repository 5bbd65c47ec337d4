import { multilabelSoftMargin } from "../../lib/cam/network.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { assertAlmostEquals, assertClose } from "../assert.ts";
import { readGolden } from "../golden.ts";

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
