import { IMAGENET } from "../data/crop.ts";
import * as tf from "../tensor/tf.ts";
import { conv2d, type Conv2dOptions, maxPool, withoutGradient } from "../tensor/mod.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";
import type { Backbone } from "./backbone.ts";
import { initialise } from "./initialise.ts";

interface Stage {
  readonly input: number;
  readonly output: number;
  readonly stride: 1 | 2;
}

/** One residual block each. */
const STAGES: readonly Stage[] = [
  { input: 16, output: 24, stride: 1 },
  { input: 24, output: 48, stride: 2 },
  { input: 48, output: 64, stride: 1 },
  { input: 64, output: 96, stride: 1 },
];

/**
 * Small residual network for the generated sample images: 254,392 parameters, total stride 8, trained from scratch.
 *
 * It has biases and no normalisation: statistics over an image tell the background what objects are in it. Training for
 * CAMs stops at the end of `stage2`.
 *
 * | tap | after | stride | channels |
 * |---|---|---|---|
 * | 0 | max pool | 4 | 16 |
 * | 1 | stage1 | 4 | 24 |
 * | 2 | stage2 | 8 | 48 |
 * | 3 | stage3 | 8 | 64 |
 * | 4 | stage4 | 8 | 96 |
 */
export const sampleNet: Backbone = {
  name: "sample",
  choice: { network: "sample" },
  preprocess: IMAGENET,
  stride: 8,
  taps: [
    { stride: 4, channels: 16 },
    { stride: 4, channels: 24 },
    { stride: 8, channels: 48 },
    { stride: 8, channels: 64 },
    { stride: 8, channels: 96 },
  ],
  channels: 96,
  parameters: [
    ...filterAndBias("stem", [16, 3, 3, 3]),
    ...STAGES.flatMap(({ input, output }, i) => [
      ...filterAndBias(`stage${i + 1}.conv1`, [output, input, 3, 3]),
      ...filterAndBias(`stage${i + 1}.conv2`, [output, output, 3, 3]),
      ...filterAndBias(`stage${i + 1}.shortcut`, [output, input, 1, 1]),
    ]),
  ],
  importRules: { ignored: [], aliases: [] },
  // A quarter on the last convolution of a block starts the blocks near their shortcuts, as a norm would.
  initialise: (seed) =>
    initialise(sampleNet.parameters, { seed, method: "he", gain: (name) => name.endsWith(".conv2.weight") ? 0.25 : 1 }),
  trainsForCam: (name) => /^stage[34]\./.test(name),
  forward(p, image, { taps = false, detach = false } = {}) {
    const early = () => {
      const c1 = stem(p, image); //         [B, H/4, W/4, 16]
      const c2 = residual(p, c1, 1); //     [B, H/4, W/4, 24]
      const c3 = residual(p, c2, 2); //     [B, H/8, W/8, 48]
      return { c1, c2, c3 };
    };
    const { c1, c2, c3 } = detach ? withoutGradient(early) : early();
    const c4 = residual(p, c3, 3); //       [B, H/8, W/8, 64]
    const c5 = residual(p, c4, 4); //       [B, H/8, W/8, 96]
    return { features: c5, taps: taps ? [c1, c2, c3, c4, c5] : [] };
  },
  fold: (p) =>
    Object.fromEntries(
      sampleNet.parameters.flatMap(({ name }) => p[name] ? [[name, tf.clone(p[name])]] : []),
    ),
};

/** 3×3 convolution and max pool. */
function stem(p: Params, image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const x = convolution(p, image, { name: "stem", stride: 2, padding: 1, activation: "relu" }); // [B, H/2, W/2, 16]
    return maxPool(x, { size: 3, stride: 2, padding: 1 }); //                                        [B, H/4, W/4, 16]
  });
}

/** Two convolutions, added to a projection of the input. */
function residual(p: Params, x: tf.Tensor4D, stage: 1 | 2 | 3 | 4): tf.Tensor4D {
  const { stride } = STAGES[stage - 1]!;
  const name = `stage${stage}`, padding = 1, activation = "relu";
  return tf.tidy(() => {
    const a = convolution(p, x, { name: `${name}.conv1`, stride, padding, activation }); // [B, h/s, w/s, output]
    const addend = convolution(p, x, { name: `${name}.shortcut`, stride, padding: 0 }); //  [B, h/s, w/s, output]
    return convolution(p, a, { name: `${name}.conv2`, padding, addend, activation }); //    [B, h/s, w/s, output]
  });
}

function convolution(p: Params, x: tf.Tensor4D, { name, ...options }: Conv2dOptions & { name: string }): tf.Tensor4D {
  return conv2d(x, p[`${name}.weight`] as tf.Tensor4D, { ...options, bias: p[`${name}.bias`] as tf.Tensor1D });
}

function filterAndBias(name: string, shape: [number, number, number, number]): ParameterSpec[] {
  return [{ name: `${name}.weight`, shape, role: "filter" }, { name: `${name}.bias`, shape: [shape[0]], role: "bias" }];
}
