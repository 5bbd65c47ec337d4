import {
  conv2d,
  foldBatchNorm,
  groupNorm,
  maxPool,
  tf,
  upsampleBilinear,
  withoutGradient,
} from "../../lib/tensor/mod.ts";
import { assertClose, assertEquals, assertThrows } from "../assert.ts";
import { onEachBackend } from "./_backends.ts";
import { assertSameLayer } from "./_compare.ts";
import { read } from "./_read.ts";
import { interpolate, type Map4, mapValues, normalise, pool, sampleMap } from "./_reference.ts";

type Tensor4D = tf.Tensor4D;

for (const [size, stride, padding] of [[3, 2, 1], [2, 2, 0], [3, 1, 1]] as const) {
  onEachBackend(`maxPool() of ${size}×${size}, stride ${stride}, is right for negative maps at odd sizes`, async () => {
    await assertSameLayer((x) => maxPool(x as Tensor4D, { size, stride, padding }), {
      reference: (x) => pool(x, { size, stride, padding: [padding, padding, padding, padding] }),
      inputs: [mapValues(sampleMap([2, 7, 10, 5], 1), (value) => value - 2)],
      name: `maxPool of ${size}, stride ${stride}`,
    });
  });
}

for (const size of [[14, 20], [28, 40], [7, 10], [9, 13], [5, 4], [1, 1]] as const) {
  onEachBackend(
    `upsampleBilinear() from 7×10 to ${size.join("×")} and its gradient are those of plain loops`,
    async () => {
      await assertSameLayer((x) => upsampleBilinear(x as Tensor4D, size), {
        reference: (x) => interpolate(x, size),
        inputs: [sampleMap([2, 7, 10, 5], 2)],
        name: `upsampleBilinear to ${size}`,
      });
    },
  );
}

onEachBackend("upsampleBilinear() from a single pixel repeats it", async () => {
  await assertSameLayer((x) => upsampleBilinear(x as Tensor4D, [4, 2]), {
    reference: (x) => interpolate(x, [4, 2]),
    inputs: [sampleMap([2, 1, 1, 3], 3)],
    name: "upsampleBilinear of a pixel",
  });
});

for (const [shift, channels, groups] of [[0, 6, 2], [3, 6, 3], [0, 5, 1], [0, 4, 4]] as const) {
  onEachBackend(
    `groupNorm() of ${channels} channels about ${shift} in ${groups} groups and its gradients`,
    async () => {
      await assertSameLayer(
        (x, scale, offset) =>
          groupNorm(x as Tensor4D, { groups, scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }),
        {
          reference: (x, scale, offset) => normalise(x, scale!, offset!, groups),
          inputs: [
            mapValues(sampleMap([2, 5, 7, channels], 4), (value) => value + shift),
            sampleMap([1, 1, 1, channels], 5),
            sampleMap([1, 1, 1, channels], 6),
          ],
          name: `groupNorm of ${channels} in ${groups}, ${shift}`,
        },
      );
    },
  );
}

onEachBackend("the ReLU of groupNorm() and tf.relu(), and their gradients", async () => {
  const rectified = (x: Map4) => mapValues(x, (value) => Math.max(value, 0));
  const inputs = [sampleMap([2, 5, 7, 6], 7), sampleMap([1, 1, 1, 6], 8), sampleMap([1, 1, 1, 6], 9)];
  await assertSameLayer(
    (x, scale, offset) =>
      groupNorm(x as Tensor4D, {
        groups: 3,
        scale: scale as tf.Tensor1D,
        offset: offset as tf.Tensor1D,
        activation: "relu",
      }),
    {
      reference: (x, scale, offset) => rectified(normalise(x, scale!, offset!, 3)),
      inputs,
      name: "groupNorm and relu",
    },
  );
  await assertSameLayer((x) => tf.relu(x), { reference: rectified, inputs: inputs.slice(0, 1), name: "relu" });
  await assertSameLayer((x) => tf.relu6(x), {
    reference: (x) => mapValues(x, (value) => Math.min(Math.max(value, 0), 6)),
    inputs: [mapValues(inputs[0]!, (value) => 12 * value)],
    name: "relu6",
  });
});

onEachBackend("groupNorm() keeps its precision on large maps far from zero", async () => {
  const [inputs, values] = await read(() => {
    const x = tf.randomNormal<tf.Rank.R4>([1, 96, 128, 8], 20, 1, "float32", 1);
    return [x, groupNorm(x, { groups: 2, scale: tf.ones([8]), offset: tf.zeros([8]) })];
  });
  for (const group of [0, 1]) {
    const members = Array.from(inputs!.keys()).filter((i) => Math.floor(i % 8 / 4) === group);
    const mean = members.reduce((sum, i) => sum + inputs![i]!, 0) / members.length;
    const standardDeviation = Math.sqrt(
      members.reduce((sum, i) => sum + (inputs![i]! - mean) ** 2, 0) / members.length,
    );
    const expected = members.map((i) => (inputs![i]! - mean) / standardDeviation);
    assertClose(members.map((i) => values![i]!), expected, { absolute: 1e-4 });
  }
});

onEachBackend("foldBatchNorm() equals the batch norm it replaces, for depthwise filters too", async () => {
  const [folded, normed, foldedDepthwise, normedDepthwise] = await read(() => {
    const vector = (seed: number) => tf.randomUniform<tf.Rank.R1>([5], 0.5, 1.5, "float32", seed);
    const norm = { weight: vector(1), bias: vector(2), mean: vector(3), variance: vector(4), epsilon: 1e-3 };
    const x = tf.randomUniform<tf.Rank.R4>([2, 4, 4, 5], -1, 1, "float32", 5);
    const filter = tf.randomUniform<tf.Rank.R4>([3, 3, 5, 5], -1, 1, "float32", 6);
    const depthwise = tf.randomUniform<tf.Rank.R4>([3, 3, 5, 1], -1, 1, "float32", 7);
    const normalised = (y: Tensor4D) => tf.batchNorm(y, norm.mean, norm.variance, norm.bias, norm.weight, 1e-3);
    assertThrows(() => foldBatchNorm(filter, { ...norm, weight: tf.ones([4]) }), RangeError, "makes 4 channels");

    const full = foldBatchNorm(filter, norm), each = foldBatchNorm(depthwise, norm);
    return [
      conv2d(x, full.filter, { bias: full.bias }),
      normalised(tf.conv2d(x, filter, 1, "valid")),
      tf.depthwiseConv2d(x, each.filter, 1, "valid").add(each.bias),
      normalised(tf.depthwiseConv2d(x, depthwise, 1, "valid")),
    ];
  });
  assertClose(folded!, normed!, { absolute: 1e-5 });
  assertClose(foldedDepthwise!, normedDepthwise!, { absolute: 1e-5 });
});

onEachBackend("withoutGradient() is a constant to the gradient around it and keeps nothing", async () => {
  const [gradient] = await read(() => {
    const x = tf.tensor1d([1, 2, 3]);
    return [tf.grad((x) => withoutGradient(() => x.square()).mul(x).sum())(x)];
  });
  assertEquals([...gradient!], [1, 4, 9]);
});
