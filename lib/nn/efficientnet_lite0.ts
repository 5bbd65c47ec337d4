import { EFFICIENTNET_LITE } from "../data/crop.ts";
import * as tf from "../tensor/tf.ts";
import { inFloat32, withoutGradient } from "../tensor/mod.ts";
import { isTrainable, type Params } from "../weights/params.ts";
import { type ConvolutionNorm, convolutionNorm, foldLayers, layerParameters } from "./_convolution_norm.ts";
import type { Backbone, BackboneOutput, Tap } from "./backbone.ts";
import { initialise } from "./initialise.ts";

/** Options of {@linkcode efficientnetLite0}. */
export interface EfficientNetOptions {
  /** Places where IRNet's heads read it. */
  taps?: "inner" | "block";
  /**
   * Total stride: 32 as published; 16, where block 11 has lost its stride; or 8, where block 5 has too and the blocks
   * after it are dilated by 2.
   */
  stride?: 8 | 16 | 32;
}

interface Block {
  readonly index: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly dilation: 1 | 2;
  readonly input: number;
  readonly middle: number;
  readonly output: number;
}

const EPSILON = 1e-3;
/** First of the blocks that are trained to give CAMs. */
const FIRST_TRAINED = 11;

/**
 * Makes EfficientNet-Lite0 with its 1×1 head, without its 1000-way classifier.
 *
 * Batch norms always use their stored statistics; their scale and offset are ordinary parameters. Training for CAMs
 * changes blocks 11–15 and the head. Padding is TensorFlow's SAME. Images enter as (value − 127) / 128.
 *
 * | tap | `inner`: activations (ReLU6) inside blocks | stride | channels | `block`: outputs of blocks (linear) | channels |
 * |---|---|---|---|---|---|
 * | 0 | block 1, depthwise | 4 | 96 | block 1 | 24 |
 * | 1 | block 3, expansion | 4 | 144 | block 2, end of stride 4 | 24 |
 * | 2 | block 5, expansion | 8 | 240 | block 4, end of stride 8 | 40 |
 * | 3 | block 11, expansion | 16 | 672 | block 10, end of stride 16 | 112 |
 * | 4 | head | 16 | 1280 | block 15 | 320 |
 *
 * @returns The network.
 */
export function efficientnetLite0({ taps: kind = "inner", stride = 16 }: EfficientNetOptions = {}): Backbone {
  const blocks = allBlocks(stride);
  const layers = convolutions(blocks);
  const parameters = layers.flatMap(layerParameters);
  const trained = new Set(parameters.filter((spec) => isTrainable(spec) && isLate(spec.name)).map(({ name }) => name));

  return {
    name: "efficientnet_lite0",
    ...(stride === 32 ? {} : { choice: { network: "efficientnet_lite0", taps: kind, stride } }),
    preprocess: EFFICIENTNET_LITE,
    stride,
    taps: TAPS[kind].map(({ stride: s, channels }, i) => ({
      stride: i === 4 ? stride : Math.min(s, stride),
      channels,
    })),
    channels: 1280,
    parameters,
    importRules: { ignored: [/^_fc\./, /\.num_batches_tracked$/], aliases: [] },
    initialise: (seed) => initialise(parameters, { seed, method: "he" }),
    trainsForCam: (name) => trained.has(name),
    forward: (p, image, { taps = false, detach = false } = {}): BackboneOutput =>
      inFloat32(() => {
        const wanted = taps ? TAPS[kind] : [];
        const early = () => runBlocks(p, stem(p, image), { blocks: blocks.slice(0, FIRST_TRAINED), wanted });
        const frozen = detach ? withoutGradient(early) : early(); //                                [B, H/16, W/16, 112]
        const late = runBlocks(p, frozen.x, { blocks: blocks.slice(FIRST_TRAINED), wanted }); //    [B, H/16, W/16, 320]
        const features = head(p, late.x); //                                                        [B, H/16, W/16, 1280]
        const seen = [...frozen.seen, ...late.seen];
        return { features, taps: taps && kind === "inner" ? [...seen, features] : seen };
      }),
    fold: (p) => foldLayers(p, layers, EPSILON),
  };
}

interface BlockTap extends Tap {
  /** Index of the block; 16 is the head. */
  readonly block: number;
  readonly part: keyof BlockOutput;
}

const TAPS: Record<"inner" | "block", readonly BlockTap[]> = {
  inner: [
    { block: 1, part: "depthwise", stride: 4, channels: 96 },
    { block: 3, part: "expand", stride: 4, channels: 144 },
    { block: 5, part: "expand", stride: 8, channels: 240 },
    { block: 11, part: "expand", stride: 16, channels: 672 },
    { block: 16, part: "output", stride: 16, channels: 1280 },
  ],
  block: [
    { block: 1, part: "output", stride: 4, channels: 24 },
    { block: 2, part: "output", stride: 4, channels: 24 },
    { block: 4, part: "output", stride: 8, channels: 40 },
    { block: 10, part: "output", stride: 16, channels: 112 },
    { block: 15, part: "output", stride: 16, channels: 320 },
  ],
};

/** The 3×3 convolution in front of the blocks. */
function stem(p: Params, image: tf.Tensor4D): tf.Tensor4D {
  const names = { conv: "_conv_stem", norm: "_bn0", epsilon: EPSILON };
  return tf.tidy(() => convolutionNorm(p, image, { ...names, stride: 2, padding: "same", activation: "relu6" }));
}

/** The 1×1 convolution behind them, [B, h, w, 1280]. */
function head(p: Params, x: tf.Tensor4D): tf.Tensor4D {
  const names = { conv: "_conv_head", norm: "_bn1", epsilon: EPSILON };
  return tf.tidy(() => convolutionNorm(p, x, { ...names, padding: "same", activation: "relu6" }));
}

/** Runs blocks in a row and keeps, of what is inside them, the wanted taps only. */
function runBlocks(
  p: Params,
  input: tf.Tensor4D,
  { blocks, wanted }: { blocks: readonly Block[]; wanted: readonly BlockTap[] },
): { x: tf.Tensor4D; seen: tf.Tensor4D[] } {
  return tf.tidy(() => {
    const seen: tf.Tensor4D[] = [];
    let x = input;
    for (const block of blocks) {
      const parts = wanted.filter((tap) => tap.block === block.index).map(({ part }) => part);
      const result = tf.tidy(() => {
        const all = invertedResidual(p, x, block);
        return { output: all.output, parts: parts.map((part) => all[part]) };
      });
      seen.push(...result.parts);
      x = result.output;
    }
    return { x, seen };
  });
}

interface BlockOutput {
  readonly expand: tf.Tensor4D;
  readonly depthwise: tf.Tensor4D;
  readonly output: tf.Tensor4D;
}

/** 1×1 to a larger width, depthwise k×k with the stride, 1×1 back; added to the input where the shapes agree. */
function invertedResidual(
  p: Params,
  x: tf.Tensor4D,
  { index, stride, dilation, input, middle, output }: Block,
): BlockOutput {
  const names = (conv: string, norm: number) => ({
    conv: `_blocks.${index}.${conv}`,
    norm: `_blocks.${index}._bn${norm}`,
    epsilon: EPSILON,
    padding: "same" as const,
  });
  const depthwiseOptions = { stride, dilation, depthwise: true, activation: "relu6" } as const;
  const residual = stride === 1 && input === output;
  const a = middle === input ? x : convolutionNorm(p, x, { ...names("_expand_conv", 0), activation: "relu6" });
  const b = convolutionNorm(p, a, { ...names("_depthwise_conv", 1), ...depthwiseOptions });
  const c = convolutionNorm(p, b, { ...names("_project_conv", 2), ...(residual ? { addend: x } : {}) });
  return {
    expand: a, //    [B, h, w, middle]
    depthwise: b, // [B, h/s, w/s, middle]
    output: c, //    [B, h/s, w/s, output]
  };
}

function allBlocks(stride: 8 | 16 | 32): Block[] {
  const blocks: Block[] = [];
  let input = 32;
  const add = (count: number, kernel: 3 | 5, first: 1 | 2, output: number) => {
    for (let i = 0; i < count; i++) {
      const middle = blocks.length === 0 ? input : 6 * input;
      const index = blocks.length, dilation = stride === 8 && index > 5 ? 2 : 1;
      blocks.push({ index, kernel, stride: i === 0 ? first : 1, dilation, input, middle, output });
      input = output;
    }
  };
  add(1, 3, 1, 16); //                      block 0
  add(2, 3, 2, 24); //                      1, 2
  add(2, 5, 2, 40); //                      3, 4
  add(3, 3, stride === 8 ? 1 : 2, 80); //   5–7
  add(3, 5, 1, 112); //                     8–10
  add(4, 5, stride === 32 ? 2 : 1, 192); // 11–14
  add(1, 3, 1, 320); //                     15
  return blocks;
}

/** Every convolution with its norm, in the order of PyTorch's state. */
function convolutions(blocks: Block[]): ConvolutionNorm[] {
  const list: ConvolutionNorm[] = [{ conv: "_conv_stem", norm: "_bn0", shape: [32, 3, 3, 3], depthwise: false }];
  for (const { index: i, kernel, input, middle, output } of blocks) {
    const add = (conv: string, norm: string, shape: ConvolutionNorm["shape"], depthwise = false) =>
      list.push({ conv: `_blocks.${i}.${conv}`, norm: `_blocks.${i}.${norm}`, shape, depthwise });
    if (middle !== input) add("_expand_conv", "_bn0", [middle, input, 1, 1]);
    add("_depthwise_conv", "_bn1", [middle, 1, kernel, kernel], true);
    add("_project_conv", "_bn2", [output, middle, 1, 1]);
  }
  list.push({ conv: "_conv_head", norm: "_bn1", shape: [1280, 320, 1, 1], depthwise: false });
  return list;
}

/** Tells whether a parameter belongs to blocks 11–15 or to the head. */
function isLate(name: string): boolean {
  const block = /^_blocks\.(\d+)\./.exec(name)?.[1];
  return block === undefined ? /^(_conv_head|_bn1)\./.test(name) : Number(block) >= FIRST_TRAINED;
}
