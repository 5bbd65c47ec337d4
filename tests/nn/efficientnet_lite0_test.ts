import { efficientnetLite0 } from "../../lib/nn/efficientnet_lite0.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { normalise } from "../../lib/data/crop.ts";
import { importWeights } from "../../lib/weights/read_weights.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { decodeNpy } from "../../lib/files/npy.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { readNpy } from "../golden.ts";
import { lacks } from "../needs.ts";
import { greatest } from "./numbers.ts";

const folder = Deno.env.get("IRNET_WEIGHTS_DIR") ?? new URL("../../../shared/weights", import.meta.url).pathname;
const images = namesOf(`${folder}/golden`, "_u8.npy");
const path = `${folder}/efficientnet_lite0.safetensors`;
const present = namesOf(folder, ".safetensors").includes("efficientnet_lite0") && images.length > 0;

Deno.test({
  name: "efficientnetLite0() equals the published network on every golden image",
  ignore: lacks("efficientnet_lite0", present),
  fn: async () => {
    await useBackend("auto");
    const file = await readSafetensors(path);
    const network = efficientnetLite0({ taps: "block", stride: 32 });
    const params = toParams(importWeights(file, network.parameters, network.importRules), network.parameters);
    const folded = network.fold(params);
    disposeParams(params);
    const fc = file.tensors["_fc.weight"]!, bias = file.tensors["_fc.bias"]!;
    for (const name of images) {
      const golden = (key: string) => readNpy(`${folder}/golden/${name}_${key}.npy`);
      const check = async (key: string, actual: tf.Tensor) => {
        const { data, shape } = await golden(key);
        assertEquals(actual.shape, shape, key);
        assertClose(actual.dataSync(), data, { absolute: 1e-4 * greatest(data), name: `${name} ${key}` });
      };
      const { shape, data } = decodeNpy(await Deno.readFile(`${folder}/golden/${name}_u8.npy`), name);
      const [height, width] = shape as [number, number];
      const input = tf.tensor4d(normalise({ height, width, data: Uint8Array.from(data) }, network.preprocess), [
        1,
        height,
        width,
        3,
      ]);
      const { features, taps } = network.forward(folded, input, { taps: true });
      const channelsFirst = (x: tf.Tensor) => x.transpose([0, 3, 1, 2]);
      await check("input", channelsFirst(input));
      for (const [index, stride] of [[1, 4], [2, 8], [3, 16], [4, 32]] as const) {
        assertEquals(network.taps[index]!.stride, stride);
        assertEquals(network.taps[index]!.channels, taps[index]!.shape[3]);
        await check(`s${stride}_c8`, channelsFirst(taps[index]!.slice([0, 0, 0, 0], [1, -1, -1, 8])));
      }
      const pooled = features.mean<tf.Tensor2D>([1, 2]);
      await check("pooled", pooled);
      await check(
        "logits",
        tf.matMul(pooled, tf.tensor2d(fc.data, fc.shape as [number, number]), false, true).add(tf.tensor1d(bias.data)),
      );
      tf.dispose([input, features, pooled, ...taps]);
    }
  },
});

Deno.test("efficientnetLite0() has the taps that it promises, inside blocks and at their ends", async () => {
  await useBackend("auto");
  for (const kind of ["inner", "block"] as const) {
    const network = efficientnetLite0({ taps: kind });
    const params = toParams(network.initialise(0), network.parameters);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const { features, taps } = network.forward(params, tf.ones([1, 49, 64, 3]), { taps: true });
      assertEquals(features.shape, [1, 4, 4, 1280]);
      assertEquals(
        taps.map((tap) => tap.shape),
        network.taps.map(({ stride, channels }) => [1, Math.ceil(49 / stride), Math.ceil(64 / stride), channels]),
      );
      if (kind === "inner") taps.forEach((tap) => assertEquals(tap.min().dataSync()[0]! >= 0, true));
    });
    assertEquals(tf.memory().numTensors, before);
    disposeParams(params);
  }
});

Deno.test("efficientnetLite0() trains blocks 11 to 15 and the head for CAMs", () => {
  const network = efficientnetLite0();
  const trained = network.parameters.map(({ name }) => name).filter(network.trainsForCam);
  assertEquals(trained.length, 5 * 9 + 3);
  assertEquals(trained.every((name) => /^(_blocks\.1[1-5]\.|_conv_head\.|_bn1\.)/.test(name)), true);
});

/** What stands before an ending in the names of a folder's files. */
function namesOf(folder: string, ending: string): string[] {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    return names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length)).sort();
  } catch {
    return [];
  }
}
