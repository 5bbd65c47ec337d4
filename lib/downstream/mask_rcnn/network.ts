/**
 * Mask R-CNN (He et al., "Mask R-CNN", 2017) with a feature pyramid (Lin et al., "Feature Pyramid Networks for Object
 * Detection", 2017) on a backbone of this project. Parameters are named after torchvision's; fully connected layers are
 * filters as large as their input.
 * @module
 */
import type { Tap } from "../../nn/mod.ts";
import { conv2d, maxPool, tf, upsampleBilinear } from "../../tensor/mod.ts";
import type { ParameterSpec, Params } from "../../weights/mod.ts";
import { ANCHOR_RATIOS, levelAnchors } from "./anchors.ts";
import type { Boxes } from "./boxes.ts";
import { type Regions, roiAlign } from "./roi_align.ts";

/** Sizes of the layers. */
export interface MaskRcnnWidths {
  /** Channels of the feature pyramid. */
  readonly pyramidWidth: number;
  /** Units of the two fully connected layers. */
  readonly boxWidth: number;
  /** Channels of the mask branch. */
  readonly maskWidth: number;
}

/** Sizes of the layers, of the sampled sets and of the results. */
export interface MaskRcnnSettings extends MaskRcnnWidths {
  /** Side of the square anchor of a level, in strides of the level. */
  readonly anchor: number;
  /** Anchors of an image that are learned in a step. */
  readonly anchors: number;
  /** Regions of an image that are learned in a step. */
  readonly regions: number;
  /** Proposals: the best of each level that are looked at, and those that stay in an image. */
  readonly proposals: { readonly perLevel: number; readonly most: number };
  /** Detections of an image, at most. */
  readonly detections: number;
}

/** Side of a region in the box branch. */
export const BOX_SIZE: number = 7;

/** Side of a region in the mask branch; masks are twice as large. */
export const MASK_SIZE: number = 14;

/** Levels above the backbone's, each with every second position of the one below; they only give proposals. */
const POOLED = 2;

const MASK_LAYERS = ["mask.fcn1", "mask.fcn2", "mask.fcn3", "mask.fcn4"] as const;

/** Lists the taps that the pyramid is built on, finest first: the last of each stride. */
export function pyramidTaps(taps: readonly Tap[]): number[] {
  return [...taps.keys()].filter((i) => taps[i + 1]?.stride !== taps[i]!.stride);
}

/** Lists the strides of the levels that regions are read from, and after those the ones of the pooled levels. */
export function levelStrides(taps: readonly Tap[]): { regions: number[]; all: number[] } {
  const regions = pyramidTaps(taps).map((i) => taps[i]!.stride), last = regions.at(-1)!;
  return { regions, all: [...regions, ...Array.from({ length: POOLED }, (_, i) => last * 2 ** (i + 1))] };
}

/**
 * Lists the parameters above the backbone.
 *
 * @param taps Five backbone activations.
 * @param options Widths, and the number of classes without the background.
 */
export function maskRcnnParameters(
  taps: readonly Tap[],
  { classes, pyramidWidth, boxWidth, maskWidth }: MaskRcnnWidths & { classes: number },
): ParameterSpec[] {
  const anchors = ANCHOR_RATIOS.length;
  return [
    ...pyramidTaps(taps).flatMap((tap, i) => [
      ...layer(`fpn.inner_blocks.${i}`, [pyramidWidth, taps[tap]!.channels, 1]),
      ...layer(`fpn.layer_blocks.${i}`, [pyramidWidth, pyramidWidth, 3]),
    ]),
    ...layer("rpn.conv", [pyramidWidth, pyramidWidth, 3]),
    ...layer("rpn.cls_logits", [anchors, pyramidWidth, 1]),
    ...layer("rpn.bbox_pred", [4 * anchors, pyramidWidth, 1]),
    ...layer("box.fc6", [boxWidth, pyramidWidth, BOX_SIZE]),
    ...layer("box.fc7", [boxWidth, boxWidth, 1]),
    ...layer("box.cls_score", [classes + 1, boxWidth, 1]),
    ...layer("box.bbox_pred", [4 * classes, boxWidth, 1]),
    ...MASK_LAYERS.flatMap((name, i) => layer(name, [maskWidth, i === 0 ? pyramidWidth : maskWidth, 3])),
    ...layer("mask.conv5_mask", [4 * maskWidth, maskWidth, 1]),
    ...layer("mask.mask_fcn_logits", [classes, maskWidth, 1]),
  ];
}

/**
 * Gives the factor on the standard deviation √(2/n) of the filters at the start: 1/√2 in the pyramid, which has no
 * ReLU, and what makes standard deviations of 0.01 for classes and objectness and of 0.001 for boxes and masks.
 *
 * @param specs Those of {@linkcode maskRcnnParameters}.
 */
export function maskRcnnGain(specs: readonly ParameterSpec[]): (name: string) => number {
  const inputs = new Map(specs.map(({ name, shape }) => [name, shape.slice(1).reduce((a, b) => a * b, 1)]));
  return (name) => {
    if (name.startsWith("fpn.")) return Math.SQRT1_2;
    const wanted = /cls_logits|cls_score/.test(name) ? 0.01 : /bbox_pred|mask_fcn_logits/.test(name) ? 0.001 : null;
    return wanted === null ? 1 : wanted / Math.sqrt(2 / inputs.get(name)!);
  };
}

/**
 * Builds the feature pyramid: taps through 1×1 convolutions, each level added to the finer one, resized bilinearly, and
 * through 3×3 convolutions.
 *
 * @param params Those of {@linkcode maskRcnnParameters}.
 * @param activations The taps that {@linkcode pyramidTaps} names, [B, h, w, C].
 * @returns All levels, finest first, the pooled ones last: [B, ⌈H/s⌉, ⌈W/s⌉, width].
 */
export function featurePyramid(params: Params, activations: readonly tf.Tensor4D[]): tf.Tensor4D[] {
  return tf.tidy(() => {
    const levels: tf.Tensor4D[] = [];
    let above: tf.Tensor4D | null = null;
    for (let i = activations.length - 1; i >= 0; i--) {
      const addend: tf.Tensor4D | null = above && resized(above, activations[i]!);
      above = convolve(params, activations[i]!, { name: `fpn.inner_blocks.${i}`, ...(addend ? { addend } : {}) });
      levels.unshift(convolve(params, above, { name: `fpn.layer_blocks.${i}`, padding: 1 }));
    }
    for (let i = 0; i < POOLED; i++) levels.push(maxPool(levels.at(-1)!, { size: 1, stride: 2 }));
    return levels;
  });
}

/**
 * Says of every anchor whether it is an object, and where exactly.
 *
 * @param params Those of {@linkcode maskRcnnParameters}.
 * @param levels All levels of the pyramid.
 * @returns `objectness`, logits [B, A], and `codes`, [B, A, 4], in the order of levels and of `levelAnchors()`.
 */
export function proposalHead(
  params: Params,
  levels: readonly tf.Tensor4D[],
): { objectness: tf.Tensor2D; codes: tf.Tensor3D } {
  return tf.tidy(() => {
    const batch = levels[0]!.shape[0];
    const both = levels.map((level) => {
      const hidden = convolve(params, level, { name: "rpn.conv", padding: 1, activation: "relu" });
      return {
        objectness: convolve(params, hidden, { name: "rpn.cls_logits" }).reshape<tf.Tensor2D>([batch, -1]),
        codes: convolve(params, hidden, { name: "rpn.bbox_pred" }).reshape<tf.Tensor3D>([batch, -1, 4]),
      };
    });
    return {
      objectness: tf.concat(both.map(({ objectness }) => objectness), 1),
      codes: tf.concat(both.map(({ codes }) => codes), 1),
    };
  });
}

/** Side of a region, in pixels, that is read at stride 16: that of the images networks are trained to classify. */
const CANONICAL = 224;

/**
 * Picks the level of the pyramid that suits the size of each region: one of half the side is read at half the stride
 * (Feature Pyramid Networks, section "Feature Pyramid Networks for Fast R-CNN").
 *
 * @param boxes [R, 4].
 * @param strides Of the levels, each twice the one before.
 * @returns Indices of levels.
 */
export function regionLevels(boxes: Boxes, strides: readonly number[]): Int32Array {
  return Int32Array.from({ length: boxes.length / 4 }, (_, r) => {
    const area = (boxes[4 * r + 2]! - boxes[4 * r]!) * (boxes[4 * r + 3]! - boxes[4 * r + 1]!);
    const level = Math.floor(Math.log2(16 * Math.sqrt(area) / CANONICAL / strides[0]!) + 1e-6);
    return Math.min(Math.max(level, 0), strides.length - 1);
  });
}

/** Makes the anchors of all levels of a pyramid, with squares of `anchor` strides. */
export function pyramidAnchors(
  levels: readonly tf.Tensor4D[],
  { strides, anchor }: { strides: readonly number[]; anchor: number },
): Boxes[] {
  return levels.map(({ shape: [, height, width] }, i) =>
    levelAnchors({ stride: strides[i]!, height, width }, anchor * strides[i]!)
  );
}

/** Reads regions [R, 4] of the images [R] of a batch from the levels of their size: [R, size, size, width]. */
export function readRegions(
  levels: readonly tf.Tensor4D[],
  { strides, size, ...regions }: Omit<Regions, "level"> & { strides: readonly number[]; size: number },
): tf.Tensor4D {
  const level = regionLevels(regions.boxes, strides);
  return roiAlign(levels.slice(0, strides.length), { regions: { ...regions, level }, strides, size });
}

/**
 * Computes classes and boxes of regions, through two fully connected layers.
 *
 * @param params Those of {@linkcode maskRcnnParameters}.
 * @param regions [R, 7, 7, width].
 * @returns `scores`, logits [R, 1 + classes], background first, and `codes`, [R, classes, 4].
 */
export function boxHead(params: Params, regions: tf.Tensor4D): { scores: tf.Tensor2D; codes: tf.Tensor3D } {
  return tf.tidy(() => {
    const count = regions.shape[0];
    const hidden = ["box.fc6", "box.fc7"].reduce(
      (x, name) => convolve(params, x, { name, activation: "relu" }),
      regions,
    ); // [R, 1, 1, width]
    return {
      scores: convolve(params, hidden, { name: "box.cls_score" }).reshape<tf.Tensor2D>([count, -1]),
      codes: convolve(params, hidden, { name: "box.bbox_pred" }).reshape<tf.Tensor3D>([count, -1, 4]),
    };
  });
}

/**
 * Computes a mask of a region for each class, through four convolutions and one that doubles the size.
 *
 * @param params Those of {@linkcode maskRcnnParameters}.
 * @param regions [R, 14, 14, width].
 * @returns Logits, [R, 28, 28, classes].
 */
export function maskHead(params: Params, regions: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const hidden = MASK_LAYERS.reduce(
      (x, name) => convolve(params, x, { name, padding: 1, activation: "relu" }),
      regions,
    );
    const [count, height, width, channels] = hidden.shape;
    // A transposed convolution of 2×2 with stride 2 is one of 1×1 to the four pixels that a pixel becomes.
    const doubled = convolve(params, hidden, { name: "mask.conv5_mask", activation: "relu" }) // [R, h, w, 4C]
      .reshape([count * height, width, 2, 2 * channels]) //                                       [R·h, w, 2 rows, 2 columns · C]
      .transpose([0, 2, 1, 3]) //                                                                 [R·h, 2, w, 2C]
      .reshape<tf.Tensor4D>([count, 2 * height, 2 * width, channels]);
    return convolve(params, doubled, { name: "mask.mask_fcn_logits" });
  });
}

interface LayerOptions {
  readonly name: string;
  readonly padding?: number;
  readonly activation?: "relu";
  readonly addend?: tf.Tensor4D;
}

function convolve(params: Params, x: tf.Tensor4D, { name, ...options }: LayerOptions): tf.Tensor4D {
  const filter = params[`${name}.weight`] as tf.Tensor4D;
  return conv2d(x, filter, { ...options, bias: params[`${name}.bias`] as tf.Tensor1D });
}

function resized(x: tf.Tensor4D, { shape: [, height, width] }: tf.Tensor4D): tf.Tensor4D {
  return upsampleBilinear(x, [height, width]);
}

function layer(name: string, [output, input, side]: [number, number, number]): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [output, input, side, side], role: "filter" },
    { name: `${name}.bias`, shape: [output], role: "bias" },
  ];
}
