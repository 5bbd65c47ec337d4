import { IMAGENET } from "../data/crop.ts";
import * as tf from "../tensor/tf.ts";
import { maxPool, withoutGradient } from "../tensor/mod.ts";
import type { Params } from "../weights/params.ts";
import { type ConvolutionNorm, convolutionNorm, foldLayers, layerParameters } from "./_convolution_norm.ts";
import type { Backbone } from "./backbone.ts";
import { initialise } from "./initialise.ts";

const EPSILON = 1e-5;
const BLOCKS = [3, 4, 6, 3] as const; // residual blocks of layer1..layer4

/** Options of {@linkcode resnet50At}. */
export interface ResNetOptions {
  /** Total stride: 16, where layer4 has lost its stride; or 8, where layer3 has too and what follows is dilated by 2. */
  stride: 8 | 16;
}

/** Of the first block of layer1..layer4; published they are 1, 2, 2, 2. */
const STRIDES = { 16: [1, 2, 2, 1], 8: [1, 2, 1, 1] } as const;

/** ResNet-50 with total stride 16, as the paper uses it (paper: Class Attention Maps; IRNet Architecture). */
export const resnet50: Backbone = resnet50At({ stride: 16 });

/**
 * Makes ResNet-50 with total stride 16 or 8.
 *
 * Batch norms always use their stored statistics; their scale and offset are ordinary parameters. Training for CAMs
 * stops at the end of `layer2`. Padding is symmetric, as in PyTorch, so that n pixels become ⌈n/4⌉, ⌈n/8⌉ and ⌈n/16⌉.
 *
 * | tap | after | stride | channels |
 * |---|---|---|---|
 * | 0 | max pool | 4 | 64 |
 * | 1 | layer1 | 4 | 256 |
 * | 2 | layer2 | 8 | 512 |
 * | 3 | layer3 | 16 | 1024 |
 * | 4 | layer4 | 16 | 2048 |
 */
export function resnet50At({ stride }: ResNetOptions): Backbone {
  const parameters = convolutions().flatMap(layerParameters);
  return {
    name: "resnet50",
    choice: { network: "resnet50", stride },
    preprocess: IMAGENET,
    stride,
    taps: [
      { stride: 4, channels: 64 },
      { stride: 4, channels: 256 },
      { stride: 8, channels: 512 },
      { stride, channels: 1024 },
      { stride, channels: 2048 },
    ],
    channels: 2048,
    parameters,
    importRules: { ignored: [/^(resnet50\.)?fc\./, /\.num_batches_tracked$/], aliases: [[/^resnet50\./, ""]] },
    initialise: (seed) => initialise(parameters, { seed, method: "he" }),
    trainsForCam: (name) => /^layer[34]\./.test(name) && !/\.running_(mean|var)$/.test(name),
    forward(p, image, { taps = false, detach = false } = {}) {
      const early = () => {
        const c1 = stem(p, image); //     [B, H/4, W/4, 64]
        const c2 = layer(p, c1, { number: 1, stride }); //    [B, H/4, W/4, 256]
        const c3 = layer(p, c2, { number: 2, stride }); //    [B, H/8, W/8, 512]
        return { c1, c2, c3 };
      };
      const { c1, c2, c3 } = detach ? withoutGradient(early) : early();
      const c4 = layer(p, c3, { number: 3, stride }); //      [B, H/16, W/16, 1024]
      const c5 = layer(p, c4, { number: 4, stride }); //      [B, H/16, W/16, 2048]
      return { features: c5, taps: taps ? [c1, c2, c3, c4, c5] : [] };
    },
    fold: (p) => foldLayers(p, convolutions(), EPSILON),
  };
}

/** 7×7 convolution and max pool. */
function stem(p: Params, image: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const names = { conv: "conv1", norm: "bn1", epsilon: EPSILON };
    const x = convolutionNorm(p, image, { ...names, stride: 2, padding: 3, activation: "relu" }); // [B, H/2, W/2, 64]
    return maxPool(x, { size: 3, stride: 2, padding: 1 }); //                                       [B, H/4, W/4, 64]
  });
}

/** The residual blocks of one layer, 1..4. */
function layer(
  p: Params,
  input: tf.Tensor4D,
  { number, stride }: { number: 1 | 2 | 3 | 4; stride: 8 | 16 },
): tf.Tensor4D {
  return tf.tidy(() => {
    let x = input;
    for (let block = 0; block < BLOCKS[number - 1]!; block++) {
      x = bottleneck(p, x, {
        name: `layer${number}.${block}`,
        stride: block === 0 ? STRIDES[stride][number - 1]! : 1,
        dilation: stride === 8 && (number === 4 || (number === 3 && block > 0)) ? 2 : 1,
      });
    }
    return x;
  });
}

/** 1×1, 3×3 with the stride, 1×1 to four times the width, added to the input or its projection. */
function bottleneck(
  p: Params,
  x: tf.Tensor4D,
  { name, stride, dilation }: { name: string; stride: number; dilation: number },
): tf.Tensor4D {
  const names = (i: number) => ({ conv: `${name}.conv${i}`, norm: `${name}.bn${i}`, epsilon: EPSILON });
  const projection = { conv: `${name}.downsample.0`, norm: `${name}.downsample.1`, epsilon: EPSILON };
  return tf.tidy(() => {
    const a = convolutionNorm(p, x, { ...names(1), padding: 0, activation: "relu" }); //         [B, h, w, width]
    const middle = { ...names(2), stride, dilation, padding: 1, activation: "relu" } as const;
    const b = convolutionNorm(p, a, middle); //                                                  [B, h/s, w/s, width]
    const addend = `${projection.conv}.weight` in p
      ? convolutionNorm(p, x, { ...projection, stride, padding: 0 }) //                          [B, h/s, w/s, 4·width]
      : x;
    return convolutionNorm(p, b, { ...names(3), padding: 0, addend, activation: "relu" }); //    [B, h/s, w/s, 4·width]
  });
}

/** Every convolution with its norm, in the order of PyTorch's state. */
function convolutions(): ConvolutionNorm[] {
  const list: ConvolutionNorm[] = [{ conv: "conv1", norm: "bn1", shape: [64, 3, 7, 7], depthwise: false }];
  let input = 64;
  for (const [index, blocks] of BLOCKS.entries()) {
    const width = 64 * 2 ** index;
    for (let block = 0; block < blocks; block++) {
      const name = `layer${index + 1}.${block}`;
      const add = (conv: string, norm: string, shape: ConvolutionNorm["shape"]) =>
        list.push({ conv: `${name}.${conv}`, norm: `${name}.${norm}`, shape, depthwise: false });
      add("conv1", "bn1", [width, input, 1, 1]);
      add("conv2", "bn2", [width, width, 3, 3]);
      add("conv3", "bn3", [4 * width, width, 1, 1]);
      if (block === 0) add("downsample.0", "downsample.1", [4 * width, input, 1, 1]);
      input = 4 * width;
    }
  }
  return list;
}
