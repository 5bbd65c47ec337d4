import { extractCam } from "../../lib/cam/extract.ts";
import { camMaps, classifierParameters } from "../../lib/cam/network.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { random } from "../../lib/data/random.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { flipImage, type RgbImage } from "../../lib/data/image.ts";
import { normalise } from "../../lib/data/crop.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { assert, assertClose, assertEquals } from "../assert.ts";

const height = 37, width = 50;
const draw = random(0, "picture");
const image = { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => 256 * draw()) };
const head = classifierParameters(sampleNet, 4);

function openNetwork() {
  const tensors = { ...sampleNet.initialise(0), ...initialise(head, { seed: 0, method: "uniform" }) };
  return { backbone: sampleNet, params: toParams(tensors, [...sampleNet.parameters, ...head]) };
}

Deno.test("extractCam() sums the maps of the image and of its mirror image, mirrored back, for its classes", async () => {
  await useBackend("auto");
  const network = openNetwork();
  const before = tf.memory().numTensors;
  const cams = await extractCam(network, image, { labels: [3, 1], scales: [1, 0.5, 2] });
  assertEquals(tf.memory().numTensors, before);
  assertEquals(cams.keys, Int32Array.of(1, 3));
  assertEquals(cams.size, [height, width]);
  // 37×50 at stride 8, and its half, 18×25, and its double, 74×100
  assertEquals(cams.maps.map(({ height, width }) => [height, width]), [[5, 7], [3, 4], [10, 13]]);
  const all = (picture: RgbImage) =>
    tf.tidy(() =>
      camMaps(network, tf.tensor4d(normalise(picture, sampleNet.preprocess), [1, height, width, 3])).arraySync()[0]!
    );
  const straight = all(image), mirrored = all(flipImage(image));
  const expected = [1, 3].flatMap((k) =>
    straight.flatMap((row, y) => row.map((pixel, x) => pixel[k]! + mirrored[y]![6 - x]![k]!))
  );
  assert(expected.some((value) => value > 0));
  assertClose(cams.maps[0]!.data, expected, { absolute: 1e-5 });
  disposeParams(network.params);
});

Deno.test("extractCam() of an image without classes gives empty maps of the right sizes", async () => {
  await useBackend("auto");
  const network = openNetwork();
  const cams = await extractCam(network, image, { labels: [], scales: [1, 2] });
  assertEquals(cams.maps.map(({ data, height, width }) => [data.length, height, width]), [[0, 5, 7], [0, 10, 13]]);
  disposeParams(network.params);
});
