import {
  affinityCounts,
  affinityFeatures,
  affinityNetLabels,
  affinityNetLoss,
  affinityParameters,
  pairAffinities,
} from "../../lib/downstream/affinitynet/mod.ts";
import { initialise, sampleNet } from "../../lib/nn/mod.ts";
import { pathIndex } from "../../lib/relation/mod.ts";
import { tf, useBackend } from "../../lib/tensor/mod.ts";
import { disposeParams, toParams } from "../../lib/weights/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { noise } from "../noise.ts";
import { numericGradient } from "./_numeric.ts";
import { onEachBackend } from "../tensor/_backends.ts";
import { read } from "../tensor/_read.ts";

const size = { height: 6, width: 9 }, index = pathIndex(3), channels = 5;
const labels = [0, 1].map((image) =>
  Uint8Array.from(noise(54, 20 + image), (value) => value < 0.4 ? 0 : value < 0.6 ? 1 : value < 0.8 ? 2 : 255)
);

const STEP = 1e-2;

/** The loss pair by pair, as the formulas have it. */
function plainLoss(features: ArrayLike<number>): number {
  const sums = { background: 0, foreground: 0, negative: 0 }, counts = { background: 0, foreground: 0, negative: 0 };
  for (let image = 0; image < 2; image++) {
    const at = (i: number, c: number) => features[(image * 54 + i) * channels + c]!;
    for (let k = 0; k < index.count; k++) {
      const dy = index.destinations[2 * k]!, dx = index.destinations[2 * k + 1]!;
      for (let y = 0; y < size.height - index.reach; y++) {
        for (let x = index.reach; x < size.width - index.reach; x++) {
          const i = y * size.width + x, j = (y + dy) * size.width + x + dx;
          const [a, b] = [labels[image]![i]!, labels[image]![j]!];
          if (a === 255 || b === 255) continue;
          let mean = 0;
          for (let c = 0; c < channels; c++) mean += Math.abs(at(i, c) - at(j, c)) / channels;
          const kind = a !== b ? "negative" : a === 0 ? "background" : "foreground";
          sums[kind] -= Math.log((kind === "negative" ? 1 - Math.exp(-mean) : Math.exp(-mean)) + 1e-5);
          counts[kind]++;
        }
      }
    }
  }
  const mean = (kind: keyof typeof sums) => sums[kind] / (counts[kind] + 1e-5);
  return mean("background") / 4 + mean("foreground") / 4 + mean("negative") / 2;
}

onEachBackend("affinityNetLoss() is the mean over pairs, and its gradient the numeric one", async () => {
  const values = noise(2 * 54 * channels, 1), counts = affinityCounts(labels, { index, size });
  const [value, gradient] = await read(() => {
    const features = tf.tensor4d(values, [2, size.height, size.width, channels]);
    const loss = (x: tf.Tensor) => affinityNetLoss(x as tf.Tensor4D, { labels, index, counts });
    const { value, grad } = tf.valueAndGrad(loss)(features);
    return [value, grad];
  });
  assertClose(value!, [plainLoss(values)], { absolute: 1e-6, relative: 1e-5, name: "loss" });
  const numeric = numericGradient(plainLoss, Float64Array.from(values), 1e-6);
  assert(numeric.some((value) => Math.abs(value) > 1e-3));
  assertClose(gradient!, numeric, { absolute: 2e-6, relative: 1e-4, name: "gradient" });
});

onEachBackend("affinityNetLoss() of features that are not finite is not", async () => {
  const values = noise(2 * 54 * channels, 1).fill(NaN), counts = affinityCounts(labels, { index, size });
  const [value] = await read(() => [
    affinityNetLoss(tf.tensor4d(values, [2, size.height, size.width, channels]), { labels, index, counts }),
  ]);
  assert(!Number.isFinite(value![0]!), `${value}`);
});

Deno.test("affinityNetLoss() of parts of a batch adds up to that of the batch", () => {
  const values = noise(2 * 54 * channels, 2), counts = affinityCounts(labels, { index, size });
  tf.tidy(() => {
    const features = tf.tensor4d(values, [2, size.height, size.width, channels]);
    const whole = affinityNetLoss(features, { labels, index, counts }).dataSync()[0]!;
    const [first, second] = tf.split(features, 2).map((part, i) =>
      affinityNetLoss(part as tf.Tensor4D, { labels: [labels[i]!], index, counts }).dataSync()[0]!
    );
    assertClose([first! + second!], [whole], { absolute: 1e-6, relative: 1e-5, name: "sum of parts" });
    assertThrows(() => affinityNetLoss(features, { labels: [labels[0]!], index, counts }), RangeError, "2 label maps");
  });
});

onEachBackend("affinityFeatures() differentiates all of its filters", async () => {
  const taps = [1, 2, 3, 4, 5].map((tap) => ({ stride: tap < 3 ? 4 : 8, channels: 3 }));
  const specs = affinityParameters(taps), params = toParams(initialise(specs, { seed: 1, method: "he" }), specs);
  const maps = taps.map((_, i) => tf.tensor4d(noise(2 * 2 * 3, 30 + i), [1, 2, 2, 3]));
  const names = specs.map(({ name }) => name), filters = names.map((name) => params[name]!);
  const mean = (...filters: tf.Tensor[]) => {
    const given = Object.fromEntries(names.map((name, i) => [name, filters[i]!]));
    return affinityFeatures(given, maps, [3, 4]).mean() as tf.Scalar;
  };
  // Along the gradient the mean must rise by its square.
  const [value, square, ...moved] = await read(() => {
    assertEquals(affinityFeatures(params, maps, [3, 4]).shape, [1, 3, 4, 448]);
    const { value, grads } = tf.valueAndGrads(mean)(filters);
    const square = tf.addN(grads.map((gradient) => gradient.square().sum())), step = tf.div(STEP, square.sqrt());
    const at = (sign: number) => mean(...filters.map((filter, i) => filter.add(grads[i]!.mul(step).mul(sign))));
    return [value, square, at(1), at(-1)];
  });
  assert(Number.isFinite(value![0]!));
  const slope = (moved[0]![0]! - moved[1]![0]!) / (2 * STEP) * Math.sqrt(square![0]!);
  assertClose([slope], square!, { absolute: 0, relative: 0.01, name: "slope" });
  tf.dispose(maps);
  disposeParams(params);
});

Deno.test("pairAffinities() compares each pixel with the pixels at its offsets", () => {
  const affinities = pairAffinities(Float32Array.of(0, 0, 1, 3, 0, 0), {
    index: pathIndex(2),
    size: { height: 1, width: 3 },
  });
  // The first offset is the pixel to the right; all others lie outside of a grid of one row.
  assertClose(affinities, [Math.exp(-2), Math.exp(-2), 0, ...new Array(9).fill(0)], {
    absolute: 1e-7,
    relative: 0,
    name: "affinities",
  });
});

Deno.test("affinityNetLabels() labels an image of any size, and one without classes as background", async () => {
  await useBackend("wasm");
  const before = tf.memory().numTensors;
  const specs = [...sampleNet.parameters, ...affinityParameters(sampleNet.taps)];
  const params = toParams({ ...sampleNet.initialise(0), ...initialise(specs, { seed: 2, method: "he" }) }, specs);
  const image = { height: 21, width: 37, data: Uint8Array.from(noise(21 * 37 * 3, 8), (value) => 255 * value) };
  const maps = new Float32Array(2 * 21 * 37);
  maps.fill(0.9, 0, 21 * 37);
  const labels = await affinityNetLabels({ backbone: sampleNet, params }, { image, cams: { keys: [1, 3], maps } });
  assertEquals([labels.height, labels.width, labels.data.length], [21, 37, 777]);
  assert(labels.data.every((label) => label === 2), "a strong map everywhere wins everywhere");
  const none = await affinityNetLabels({ backbone: sampleNet, params }, {
    image,
    cams: { keys: [], maps: new Float32Array() },
  });
  assert(none.data.every((label) => label === 0));
  disposeParams(params);
  assertEquals(tf.memory().numTensors, before, "tensors left behind");
});
