import { efficientnetLite, type EfficientNetName } from "../../lib/nn/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { normalise } from "../../lib/data/crop.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";
import { lacks } from "../needs.ts";
import { greatest } from "./numbers.ts";

const folder = Deno.env.get("IRNET_WEIGHTS_DIR") ?? new URL("../../../shared/weights", import.meta.url).pathname;

/** The networks: number of blocks, first block that is trained for CAMs, channels of both kinds of taps. */
const NETWORKS = {
  efficientnet_lite0: [16, 11, [96, 144, 240, 672, 1280], [24, 24, 40, 112, 320]],
  efficientnet_lite1: [21, 15, [96, 144, 240, 672, 1280], [24, 24, 40, 112, 320]],
  efficientnet_lite2: [21, 15, [96, 144, 288, 720, 1280], [24, 24, 48, 120, 352]],
} as const;
const names = Object.keys(NETWORKS) as EfficientNetName[];

for (const name of names) {
  const path = `${folder}/${name}.safetensors`, present = await Deno.stat(path).then(() => true, () => false);
  Deno.test({
    name: `efficientnetLite("${name}") equals the published network in PyTorch`,
    ignore: lacks(name, present),
    fn: async () => {
      await useBackend("auto");
      const golden = await readGolden("n01_efficientnet_lite"), file = await readSafetensors(path);
      const check = (key: string, actual: tf.Tensor) => {
        const expected = golden.f32(`${name}.${key}`), shape = golden.shape(`${name}.${key}`);
        assertEquals(actual.shape, shape, key);
        assertClose(actual.dataSync(), expected, { absolute: 1e-4 * greatest(expected), name: `${name} ${key}` });
      };
      const [height, width] = golden.shape("image") as [number, number];
      const pixels = { height, width, data: Uint8Array.from(golden.i32("image")) };
      for (const taps of ["inner", "block"] as const) {
        const network = efficientnetLite(name, { taps, stride: 32 });
        const params = toParams(importWeights(file, network.parameters, network.importRules), network.parameters);
        const folded = network.fold(params);
        tf.tidy(() => {
          const image = tf.tensor4d(normalise(pixels, network.preprocess), [1, height, width, 3]);
          const found = network.forward(folded, image, { taps: true });
          if (taps === "inner") {
            found.taps.slice(0, 4).forEach((tap, i) => check(`inner${i}`, tap.mean([0, 1, 2])));
            const pooled = found.features.mean<tf.Tensor2D>([1, 2]), fc = file.tensors["_fc.weight"]!;
            check("pooled", pooled.squeeze([0]));
            const weights = tf.tensor2d(fc.data, fc.shape as [number, number]);
            check("logits", tf.matMul(pooled, weights, false, true).squeeze([0]).add(file.tensors["_fc.bias"]!.data));
          } else {
            found.taps.forEach((tap, i) =>
              check(`block${i}`, tap.slice([0, 0, 0, 0], [1, -1, -1, 4]).squeeze([0]).transpose([2, 0, 1]))
            );
          }
        });
        disposeParams(params);
        disposeParams(folded);
      }
    },
  });
}

Deno.test("efficientnetLite() has the taps that it promises, inside blocks and at their ends", async () => {
  await useBackend("auto");
  for (const name of names) {
    for (const taps of ["inner", "block"] as const) {
      const network = efficientnetLite(name, { taps }), [blocks, , inner, block] = NETWORKS[name];
      assertEquals(network.taps.map(({ channels }) => channels), [...(taps === "inner" ? inner : block)]);
      assertEquals(network.taps.map(({ stride }) => stride), [4, 4, 8, 16, 16]);
      assertEquals(network.parameters.some((spec) => spec.name.startsWith(`_blocks.${blocks - 1}.`)), true);
      assertEquals(network.parameters.some((spec) => spec.name.startsWith(`_blocks.${blocks}.`)), false);
      if (name !== (taps === "inner" ? "efficientnet_lite0" : "efficientnet_lite2")) continue;
      const params = toParams(network.initialise(0), network.parameters);
      const before = tf.memory().numTensors;
      tf.tidy(() => {
        const { features, taps: seen } = network.forward(params, tf.ones([1, 49, 64, 3]), { taps: true });
        assertEquals(features.shape, [1, 4, 4, 1280]);
        assertEquals(
          seen.map((tap) => tap.shape),
          network.taps.map(({ stride, channels }) => [1, Math.ceil(49 / stride), Math.ceil(64 / stride), channels]),
        );
        if (taps === "inner") seen.forEach((tap) => assertEquals(tap.min().dataSync()[0]! >= 0, true));
      });
      assertEquals(tf.memory().numTensors, before);
      disposeParams(params);
    }
  }
});

Deno.test("efficientnetLite() trains the last two stages and the head for CAMs", () => {
  for (const name of names) {
    const network = efficientnetLite(name), [blocks, first] = NETWORKS[name];
    const trained = network.parameters.map(({ name }) => name).filter(network.trainsForCam);
    assertEquals(trained.length, (blocks - first) * 9 + 3);
    assertEquals(
      trained.every((parameter) => /^(_conv_head|_bn1)\./.test(parameter) || Number(parameter.split(".")[1]) >= first),
      true,
    );
  }
});
