import {
  conv2d,
  type Conv2dOptions,
  foldBatchNorm,
  groupNorm,
  maxPool,
  tf,
  upsampleBilinear,
} from "../../lib/tensor/mod.ts";
import { assertClose } from "../assert.ts";
import { type Golden, readGolden } from "../golden.ts";
import { onEachBackend } from "./_backends.ts";
import { read } from "./_read.ts";

type Tensor4D = tf.Tensor4D;
type Inputs = Record<string, tf.Tensor>;

const layers = await readGolden("g08_layers");
const resized = await readGolden("g13_resize_bilinear");

/** Each layer as a function of its input and its parameters by their original names. */
const cases: Record<string, (x: Tensor4D, p: Inputs) => tf.Tensor> = {
  conv7s2: (x, p) => conv2d(x, filter(p, "weight"), { stride: 2, padding: 3 }),
  conv3s2: (x, p) => conv2d(x, filter(p, "weight"), { stride: 2, padding: 1 }),
  conv1: (x, p) => conv2d(x, filter(p, "weight"), { bias: vector(p, "bias") }),
  fixedbn: (x, p) => {
    const channels = x.shape[3];
    const identity = tf.eye(channels).reshape<Tensor4D>([1, 1, channels, channels]);
    const folded = foldBatchNorm(identity, norm(p, ""));
    return conv2d(x, folded.filter, { bias: folded.bias });
  },
  maxpool: (x) => maxPool(x, { size: 3, stride: 2, padding: 1 }),
  groupnorm: (x, p) => groupNorm(x, { groups: 4, scale: vector(p, "weight"), offset: vector(p, "bias") }),
  up2: (x) => upsampleBilinear(x, [2 * x.shape[1], 2 * x.shape[2]]),
  up4: (x) => upsampleBilinear(x, [4 * x.shape[1], 4 * x.shape[2]]),
  bottleneck_s2: (x, p) => {
    const shortcut = convolutionNorm(p, ["downsample.0", "downsample.1"], x, { stride: 2 });
    const narrow = convolutionNorm(p, ["conv1", "bn1"], x, { activation: "relu" });
    const middle = convolutionNorm(p, ["conv2", "bn2"], narrow, { stride: 2, padding: 1, activation: "relu" });
    return convolutionNorm(p, ["conv3", "bn3"], middle, { addend: shortcut, activation: "relu" });
  },
  gap: (x) => x.mean([1, 2], true),
};

function convolutionNorm(
  p: Inputs,
  [convolution, batchNorm]: [string, string],
  x: Tensor4D,
  options: Conv2dOptions,
): Tensor4D {
  const folded = foldBatchNorm(filter(p, `${convolution}.weight`), norm(p, `${batchNorm}.`));
  return conv2d(x, folded.filter, { ...options, bias: folded.bias });
}

const filter = (p: Inputs, name: string) => p[name] as Tensor4D;
const vector = (p: Inputs, name: string) => p[name] as tf.Tensor1D;
const norm = (p: Inputs, prefix: string) => ({
  weight: vector(p, `${prefix}weight`),
  bias: vector(p, `${prefix}bias`),
  mean: vector(p, `${prefix}running_mean`),
  variance: vector(p, `${prefix}running_var`),
});

/** A golden array as a tensor in this project's layout: maps NCHW → NHWC, filters OIHW → HWIO. */
function load({ f32, shape }: Golden, key: string): tf.Tensor {
  const tensor = tf.tensor(f32(key), shape(key));
  if (tensor.rank !== 4) return tensor;
  return tensor.transpose(key.includes(".p.") || key.includes(".g.") ? [2, 3, 1, 0] : [0, 2, 3, 1]);
}

for (const [name, layer] of Object.entries(cases)) {
  onEachBackend(`The layer ${name} and its gradients equal the reference's`, async () => {
    const keys = Object.keys(layers.arrays);
    const named = (kind: string) =>
      keys.filter((key) => key.startsWith(`${name}.${kind}.`)).map((key) => key.slice(`${name}.${kind}.`.length));
    const parameters = named("p");
    const found = await read(() => {
      const buffers = Object.fromEntries(named("b").map((key) => [key, load(layers, `${name}.b.${key}`)]));
      const compute = (x: tf.Tensor, ...values: tf.Tensor[]) =>
        layer(x as Tensor4D, { ...buffers, ...Object.fromEntries(parameters.map((key, i) => [key, values[i]!])) });
      const inputs = [load(layers, `${name}.x`), ...parameters.map((key) => load(layers, `${name}.p.${key}`))];
      return [
        tf.tidy(() => compute(...inputs as [tf.Tensor])),
        ...tf.grads(compute)(inputs as [tf.Tensor], load(layers, `${name}.gy`)),
      ];
    });
    for (const [i, key] of ["y", "gx", ...parameters.map((key) => `g.${key}`)].entries()) {
      await assertSame(found[i]!, `${name}.${key}`, layers);
    }
  });
}

async function assertSame(actual: Float32Array, key: string, golden: Golden): Promise<void> {
  const [expected] = await read(() => [load(golden, key)]);
  assertClose(actual, expected!, { absolute: 1e-6, relative: 1e-6, name: key });
}

onEachBackend("upsampleBilinear() equals the reference at every size", async () => {
  // `ac0` is align_corners=False, the only kind IRNet uses.
  for (const key of Object.keys(resized.arrays).filter((key) => key.endsWith("_ac0"))) {
    const [actual] = await read(() => {
      const { shape } = load(resized, key);
      return [upsampleBilinear(load(resized, "x") as Tensor4D, [shape[1]!, shape[2]!])];
    });
    await assertSame(actual!, key, resized);
  }
});
