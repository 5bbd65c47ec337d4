import { EFFICIENTNET_LITE } from "../data/crop.ts";
import * as tf from "../tensor/tf.ts";
import { inFloat32, withoutGradient } from "../tensor/mod.ts";
import { isTrainable, type Params } from "../weights/params.ts";
import { type ConvolutionNorm, convolutionNorm, foldLayers, layerParameters } from "./_convolution_norm.ts";
import type { Backbone, BackboneChoice, BackboneOutput, Tap } from "./backbone.ts";
import { initialise } from "./initialise.ts";

/** Options of {@linkcode efficientnetLite}. */
export interface EfficientNetOptions {
  /** Places where IRNet's heads read it. */
  taps?: "inner" | "block";
  /**
   * Total stride: 32 as published; 16, where the last stage but one has lost its stride; or 8, where the fourth has too
   * and the blocks after its first are dilated by 2.
   */
  stride?: 8 | 16 | 32;
}

/** The networks of the family that are here. */
export type EfficientNetName = Exclude<BackboneChoice["network"], "resnet50" | "sample">;

/** Multiples of Lite0's numbers of channels and of blocks a stage. */
const SCALES: Record<EfficientNetName, { width: number; depth: number }> = {
  efficientnet_lite0: { width: 1, depth: 1 },
  efficientnet_lite1: { width: 1, depth: 1.1 },
  efficientnet_lite2: { width: 1.1, depth: 1.2 },
};

/** Lite0's stages: blocks, side of the depthwise kernel, stride of the first block, channels. */
const STAGES = [
  { blocks: 1, kernel: 3, first: 1, channels: 16 },
  { blocks: 2, kernel: 3, first: 2, channels: 24 },
  { blocks: 2, kernel: 5, first: 2, channels: 40 },
  { blocks: 3, kernel: 3, first: 2, channels: 80 },
  { blocks: 3, kernel: 5, first: 1, channels: 112 },
  { blocks: 4, kernel: 5, first: 2, channels: 192 },
  { blocks: 1, kernel: 3, first: 1, channels: 320 },
] as const;

/** Stages whose strides give way to features at stride 8 and at 16. The latter is the first that is trained for CAMs. */
const FOURTH = 3, SIXTH = 5;

/** Channels in front of the blocks and behind them, whatever the scale. */
const STEM = 32, HEAD = 1280;

interface Block {
  readonly index: number;
  readonly stage: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  readonly dilation: 1 | 2;
  readonly input: number;
  readonly middle: number;
  readonly output: number;
}

const EPSILON = 1e-3;

/**
 * Makes EfficientNet-Lite0, -Lite1 or -Lite2 with its 1×1 head, without its 1000-way classifier.
 *
 * Batch norms always use their stored statistics; their scale and offset are ordinary parameters. Training for CAMs
 * changes the last two stages and the head. Padding is TensorFlow's SAME. Images enter as (value − 127) / 128.
 *
 * | blocks of stages 1–7 | channels |
 * |---|---|
 * | Lite0: 1 2 2 3 3 4 1 | 16 24 40 80 112 192 320 |
 * | Lite1: 1 3 3 4 4 5 1 | as Lite0 |
 * | Lite2: 1 3 3 4 4 5 1 | 16 24 48 88 120 208 352 |
 *
 * | tap | `inner`: activations (ReLU6) inside the first block of | stride | `block`: outputs (linear) of |
 * |---|---|---|---|
 * | 0 | stage 2, depthwise | 4 | stage 2, first block |
 * | 1 | stage 3, expansion | 4 | stage 2, last block |
 * | 2 | stage 4, expansion | 8 | stage 3, last block |
 * | 3 | stage 6, expansion | 16 | stage 5, last block |
 * | 4 | head | 16 | stage 7 |
 *
 * @param name Which of them.
 * @returns The network.
 */
export function efficientnetLite(
  name: EfficientNetName,
  { taps: kind = "inner", stride = 16 }: EfficientNetOptions = {},
): Backbone {
  const blocks = allBlocks(name, stride);
  const early = blocks.filter(({ stage }) => stage < SIXTH), late = blocks.slice(early.length);
  const layers = convolutions(blocks);
  const parameters = layers.flatMap(layerParameters);
  const isLate = (parameter: string): boolean => {
    const block = /^_blocks\.(\d+)\./.exec(parameter)?.[1];
    return block === undefined ? /^(_conv_head|_bn1)\./.test(parameter) : Number(block) >= early.length;
  };
  const trained = new Set(parameters.filter((spec) => isTrainable(spec) && isLate(spec.name)).map(({ name }) => name));
  const places = tapsOf(blocks)[kind];

  return {
    name,
    ...(stride === 32 ? {} : { choice: { network: name, taps: kind, stride } }),
    preprocess: EFFICIENTNET_LITE,
    stride,
    taps: places.map(({ stride: s, channels }, i) => ({ stride: i === 4 ? stride : Math.min(s, stride), channels })),
    channels: HEAD,
    parameters,
    importRules: { ignored: [/^_fc\./, /\.num_batches_tracked$/], aliases: [] },
    initialise: (seed) => initialise(parameters, { seed, method: "he" }),
    trainsForCam: (parameter) => trained.has(parameter),
    forward: (p, image, { taps = false, detach = false } = {}): BackboneOutput =>
      inFloat32(() => {
        const wanted = taps ? places : [];
        const first = () => runBlocks(p, stem(p, image), { blocks: early, wanted });
        const frozen = detach ? withoutGradient(first) : first(); //          [B, H/16, W/16, channels of stage 5]
        const last = runBlocks(p, frozen.x, { blocks: late, wanted }); //     [B, H/16, W/16, channels of stage 7]
        const features = head(p, last.x); //                                  [B, H/16, W/16, 1280]
        const seen = [...frozen.seen, ...last.seen];
        return { features, taps: taps && kind === "inner" ? [...seen, features] : seen };
      }),
    fold: (p) => foldLayers(p, layers, EPSILON),
  };
}

interface BlockTap extends Tap {
  /** Index of the block; one more than the last is the head. */
  readonly block: number;
  readonly part: keyof BlockOutput;
}

function tapsOf(blocks: readonly Block[]): Record<"inner" | "block", readonly BlockTap[]> {
  const first = (stage: number) => blocks.find((block) => block.stage === stage)!;
  const last = (stage: number) => blocks.findLast((block) => block.stage === stage)!;
  const inside = ({ index, middle }: Block, part: "depthwise" | "expand", stride: number): BlockTap => ({
    block: index,
    part,
    stride,
    channels: middle,
  });
  const end = ({ index, output }: Block, stride: number): BlockTap => ({
    block: index,
    part: "output",
    stride,
    channels: output,
  });
  return {
    inner: [
      inside(first(1), "depthwise", 4),
      inside(first(2), "expand", 4),
      inside(first(FOURTH), "expand", 8),
      inside(first(SIXTH), "expand", 16),
      { block: blocks.length, part: "output", stride: 16, channels: HEAD },
    ],
    block: [end(first(1), 4), end(last(1), 4), end(last(2), 8), end(last(4), 16), end(last(6), 16)],
  };
}

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

function allBlocks(name: EfficientNetName, stride: 8 | 16 | 32): Block[] {
  const { width, depth } = SCALES[name], blocks: Block[] = [];
  let input = STEM;
  STAGES.forEach(({ blocks: count, kernel, first, channels }, stage) => {
    const isEnd = stage === 0 || stage === STAGES.length - 1, output = wholeEights(channels * width);
    const isFlat = (stage === FOURTH && stride === 8) || (stage === SIXTH && stride < 32);
    for (let i = 0; i < (isEnd ? count : Math.ceil(count * depth)); i++) {
      blocks.push({
        ...{ index: blocks.length, stage, kernel },
        stride: i === 0 && !isFlat ? first : 1,
        dilation: stride === 8 && (stage > FOURTH || (stage === FOURTH && i > 0)) ? 2 : 1,
        ...{ input, middle: stage === 0 ? input : 6 * input, output },
      });
      input = output;
    }
  });
  return blocks;
}

/** The nearest multiple of 8, or the one above where that would take away more than a tenth. */
function wholeEights(channels: number): number {
  const nearest = Math.max(8, 8 * Math.floor((channels + 4) / 8));
  return nearest < 0.9 * channels ? nearest + 8 : nearest;
}

/** Every convolution with its norm, in the order of PyTorch's state. */
function convolutions(blocks: Block[]): ConvolutionNorm[] {
  const list: ConvolutionNorm[] = [{ conv: "_conv_stem", norm: "_bn0", shape: [STEM, 3, 3, 3], depthwise: false }];
  for (const { index: i, kernel, input, middle, output } of blocks) {
    const add = (conv: string, norm: string, shape: ConvolutionNorm["shape"], depthwise = false) =>
      list.push({ conv: `_blocks.${i}.${conv}`, norm: `_blocks.${i}.${norm}`, shape, depthwise });
    if (middle !== input) add("_expand_conv", "_bn0", [middle, input, 1, 1]);
    add("_depthwise_conv", "_bn1", [middle, 1, kernel, kernel], true);
    add("_project_conv", "_bn2", [output, middle, 1, 1]);
  }
  list.push({ conv: "_conv_head", norm: "_bn1", shape: [HEAD, blocks.at(-1)!.output, 1, 1], depthwise: false });
  return list;
}
