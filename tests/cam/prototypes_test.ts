import {
  type CamNetwork,
  choosePrototypes,
  classifierParameters,
  ClassVectors,
  extractCam,
} from "../../lib/cam/mod.ts";
import { directedMaps } from "../../lib/cam/extract.ts";
import { kMeans } from "../../lib/cam/k_means.ts";
import { featuresAndCams, prototypeDirection, VectorSample } from "../../lib/cam/prototypes.ts";
import { presets } from "../../lib/config/config.ts";
import { random } from "../../lib/data/random.ts";
import { initialise } from "../../lib/nn/initialise.ts";
import { sampleNet } from "../../lib/nn/sample_net.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/params.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test.beforeAll(async () => void await useBackend("auto"));

const settings = presets.paper.cam.prototypes;
const always = (value: number) => () => value;

Deno.test("clusters, prototypes, context and map are numpy's", async () => {
  const golden = await readGolden("d07_lpcam"), weights = golden.f32("weights"), channels = golden.shape("weights")[1]!;
  const { label, clusters, iterations, foreground, context } = golden.params;
  const before = tf.memory().numTensors;
  const centres = async (side: string) => {
    const draws = [...golden.f32(`${side}_draws`)], vectors = golden.f32(`${side}_vectors`);
    const found = await kMeans(vectors, { channels, clusters, iterations, draw: () => draws.shift()! });
    assertClose(found, golden.f32(`${side}_centres`), { absolute: 1e-5 });
    return found;
  };
  const found = choosePrototypes({ inside: await centres("inside"), outside: await centres("outside") }, {
    ...{ weights, label, channels, foreground, context },
  });
  assertEquals([found.prototypes.shape, found.context.shape], [[3, channels], [2, channels]]);
  assertClose(found.prototypes.data, golden.f32("prototypes"), { absolute: 1e-5 });
  assertClose(found.context.data, golden.f32("context"), { absolute: 1e-5 });

  const direction = prototypeDirection(found, weights.subarray(label * channels, (label + 1) * channels));
  const maps = tf.tidy(() => {
    const pair = tf.tensor4d(golden.f32("pair"), golden.shape("pair") as [number, number, number, number]);
    const [straight, mirrored] = tf.unstack(pair) as [tf.Tensor3D, tf.Tensor3D];
    return directedMaps(straight.add(mirrored.reverse(1)), [direction]).dataSync();
  });
  assertClose(maps, golden.f32("map"), { absolute: 1e-6 });
  assert(maps.includes(0) && maps.some((value) => value > 0.1));
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("kMeans() finds no more clusters than there are directions, and none in nothing", async () => {
  const options = { channels: 2, clusters: 3, iterations: 30, draw: always(0.5) };
  assertEquals(await kMeans(new Float32Array(0), options), new Float32Array(0));
  assertEquals(await kMeans(new Float32Array(8), options), new Float32Array(0)); // no direction at all
  assertEquals(await kMeans(Float32Array.of(3, 4), options), Float32Array.of(3, 4));
  assertEquals(await kMeans(Float32Array.of(1, 1, 2, 2, 6, 6), options), Float32Array.of(3, 3)); // equal ones
  const two = await kMeans(Float32Array.of(0, 1, 0, 3, 0, 0, 5, 0), options);
  assertEquals([...two].map((value) => value > 0), [false, true, true, false]);
  assertClose(two.filter((value) => value > 0), [2, 5], { absolute: 2.5 }); // [0, 0] is counted to one of them
  await assertRejects(() => kMeans(new Float32Array(3), options), RangeError, "Expected vectors of 2 values");
});

Deno.test("choosePrototypes() takes the likeliest centre where none is above the bar, and no context where there is none", () => {
  const weights = Float32Array.of(1, 0, 0, 1), bounds = { foreground: 0.9, context: [0.05, 0.9] as const };
  const of = (inside: number[], outside: number[]) =>
    choosePrototypes({ inside: Float32Array.from(inside), outside: Float32Array.from(outside) }, {
      ...{ weights, label: 0, channels: 2, ...bounds },
    });
  const unsure = of([1, 1, 2, 1, 0, 1], [0, 9, 9, 0]); // probabilities 0.5, 0.73, 0.27; 0, 1
  assertEquals([[...unsure.prototypes.data], unsure.context.shape], [[2, 1], [0, 2]]);
  assertEquals([...of([5, 0, 9, 0], [1, 1]).prototypes.data], [5, 0, 9, 0]); // 0.993, 1
  assertEquals([...of([5, 0], [1, 1]).context.data], [1, 1]); // 0.5
  assertEquals(of([], []).prototypes.shape, [0, 2]);
});

Deno.test("with one class, the classifier's own score tells prototypes from context", () => {
  const inside = Float32Array.of(3, 0, 1, 0), outside = Float32Array.of(1, 0, -4, 0); // sigmoid 0.95, 0.73; 0.73, 0.02
  const found = choosePrototypes({ inside, outside }, {
    ...{ weights: Float32Array.of(1, 0), label: 0, channels: 2, foreground: 0.9, context: [0.05, 0.9] },
  });
  assertEquals([[...found.prototypes.data], [...found.context.data]], [[3, 0], [1, 0]]);
});

Deno.test("prototypeDirection() without context subtracts nothing, and without prototypes is the classifier's", () => {
  const none = { shape: [0, 2], data: new Float32Array(0) };
  const prototypes = { shape: [2, 2], data: Float32Array.of(0, 2, 3, 4) };
  assertClose(prototypeDirection({ prototypes, context: none }, Float32Array.of(9, 9)), [0.3, 0.9], { absolute: 1e-6 });
  assertClose(prototypeDirection({ prototypes: none, context: none }, Float32Array.of(3, -4)), [0.6, -0.8], {
    absolute: 1e-6,
  });
});

Deno.test("directedMaps() of features that are 0 is 0", () => {
  const maps = tf.tidy(() => directedMaps(tf.tensor3d([0, 0, 3, 4], [1, 2, 2]), [Float32Array.of(1, 0)]).dataSync());
  assertClose(maps, [0, 0.6], { absolute: 1e-6 });
});

Deno.test("VectorSample holds all vectors up to its size, then each with the same chance", () => {
  const counts = new Array(10).fill(0);
  for (let seed = 0; seed < 400; seed++) {
    const sample = new VectorSample({ channels: 1, most: 4, draw: random(seed) });
    for (let n = 0; n < 10; n++) {
      sample.add(Float32Array.of(n));
      if (n < 4) assertEquals([...sample.vectors()], Array.from({ length: n + 1 }, (_, i) => i));
    }
    assertEquals([sample.seen, sample.vectors().length], [10, 4]);
    for (const n of sample.vectors()) counts[n]++;
  }
  for (const count of counts) assert(Math.abs(count - 160) < 45, String(counts)); // 400·4/10 ± 4.5 standard deviations
});

Deno.test("ClassVectors parts features by the map, those on the limit left out", async () => {
  const vectors = new ClassVectors({ ...settings, select: 0.5 }, { channels: 2, label: 0, seed: 0 });
  vectors.add(Float32Array.of(4, 0, 0, 1, 7, 7), Float32Array.of(1, 0.25, 0.5));
  assertEquals([[...vectors.inside.vectors()], [...vectors.outside.vectors()]], [[4, 0], [0, 1]]);
  const found = await vectors.prototypes(Float32Array.of(1, 0, 0, 1));
  assertEquals([[...found.prototypes.data], [...found.context.data]], [[4, 0], [0, 1]]); // 0.98, 0.27
});

function openNetwork(sign = 1): CamNetwork {
  const head = classifierParameters(sampleNet, 3);
  const tensors = { ...sampleNet.initialise(0), ...initialise(head, { seed: 0, method: "uniform" }) };
  const weight = tensors["classifier.weight"]!;
  tensors["classifier.weight"] = { ...weight, data: weight.data.map((value) => sign * Math.abs(value)) };
  return { backbone: sampleNet, params: toParams(tensors, [...sampleNet.parameters, ...head]) };
}

Deno.test("features of an image become maps of maximum 1, finite ones also where no feature speaks for the class", async () => {
  const height = 33, width = 40, draw = random(1, "picture");
  const image = { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => 256 * draw()) };
  for (const sign of [1, -1]) {
    const network = openNetwork(sign), before = tf.memory().numTensors;
    const { features, maps } = await featuresAndCams(network, image, { labels: [2, 0] });
    assertEquals([features.length, maps.map(({ length }) => length)], [25 * sampleNet.channels, [25, 25]]);
    assertEquals(maps.map((map) => Math.max(...map)), sign > 0 ? [1, 1] : [0, 0]);
    const vectors = new ClassVectors(settings, { channels: sampleNet.channels, label: 2, seed: 0 });
    vectors.add(features, maps[0]!);
    const weights = Float32Array.from(await network.params["classifier.weight"]!.reshape([-1, 3]).transpose().data());
    const found = await vectors.prototypes(weights);
    assertEquals(found.prototypes.data.length > 0, sign > 0);
    const directions = [0, 1, 2].map((c) =>
      prototypeDirection(found, weights.subarray(c * sampleNet.channels, (c + 1) * sampleNet.channels))
    );
    const cams = await extractCam(network, image, { labels: [2], scales: [1, 0.5], directions });
    assertEquals(cams.maps.map(({ data, height, width }) => [data.length, height, width]), [[25, 5, 5], [6, 2, 3]]);
    for (const { data } of cams.maps) assert(data.every((value) => value >= 0 && value <= 2));
    assertEquals(tf.memory().numTensors, before + 2); // the weights as rows, and before that as columns
    disposeParams(network.params);
  }
});
