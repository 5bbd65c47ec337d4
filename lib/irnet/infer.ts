/**
 * Boundary map and displacement field of an image (paper: Label Synthesis Using IRNet).
 * @module
 */
import * as tf from "../tensor/tf.ts";
import type { Backbone } from "../nn/mod.ts";
import type { Params } from "../weights/mod.ts";
import { normalise, type RgbImage } from "../data/mod.ts";
import { boundaryBranch, displacementBranch } from "./network.ts";

/** Trained IRNet. */
export interface Irnet {
  /** The frozen backbone. */
  readonly backbone: Backbone;
  /** Parameters of backbone and branches. */
  readonly params: Params;
  /** Mean displacement (dy, dx) that is subtracted, in pixels at stride 4. */
  readonly meanDisplacement: readonly [number, number];
}

/** Maps at stride 4, (height, width) = (⌈H/4⌉, ⌈W/4⌉). */
export interface IrnetMaps {
  /** Rows at stride 4. */
  readonly height: number;
  /** Columns at stride 4. */
  readonly width: number;
  /** Probability of a class boundary, [height, width], 0…1. */
  readonly boundary: Float32Array;
  /** Displacement (dy, dx) in pixels at stride 4, [2, height, width]. */
  readonly displacement: Float32Array;
}

/** Works out the side of the inference canvas: the crop size, or the extent rounded up to 16 where that is larger. */
function canvasSide(extent: number, crop: number): number {
  return Math.max(crop, Math.ceil(extent / 16) * 16);
}

/** Normalised image. */
export interface NormalisedImage {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** [height, width, 3], as the backbone wants it. */
  readonly pixels: Float32Array;
}

/**
 * Pads a normalised image, and where asked its mirror image, to the inference canvas; group norm sees this padding, so
 * it is part of the method.
 *
 * @returns [1 or 2, canvas height, canvas width, 3], the images at the top left, zeros elsewhere.
 */
function onCanvas({ height, width, pixels }: NormalisedImage, { crop, mirrored }: { crop: number; mirrored: boolean }) {
  const rows = canvasSide(height, crop), columns = canvasSide(width, crop);
  const canvas = new Float32Array((mirrored ? 2 : 1) * rows * columns * 3);
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width * 3, (y + 1) * width * 3);
    canvas.set(row, y * columns * 3);
    if (!mirrored) continue;
    for (let x = 0, to = (rows + y) * columns * 3; x < width; x++, to += 3) {
      canvas.set(row.subarray((width - 1 - x) * 3, (width - x) * 3), to);
    }
  }
  return tf.tensor4d(canvas, [mirrored ? 2 : 1, rows, columns, 3]);
}

/**
 * Infers the boundary map from the image and its mirror image, the displacement from the image alone.
 *
 * @param irnet The trained network.
 * @param image Any size. Up to `crop` pixels a side this is the released code exactly; larger images get a larger canvas.
 * @param options Least side of the canvas in pixels.
 */
export async function inferIrnet(
  irnet: Irnet,
  image: RgbImage,
  { crop = 512 }: { crop?: number } = {},
): Promise<IrnetMaps> {
  const { width, height } = image;
  return await irnetMaps(irnet, { width, height, pixels: normalise(image, irnet.backbone.preprocess) }, { crop });
}

/** Does as {@linkcode inferIrnet} with an image that is normalised already. */
export async function irnetMaps(
  { backbone, params, meanDisplacement }: Irnet,
  image: NormalisedImage,
  { crop = 512 }: { crop?: number } = {},
): Promise<IrnetMaps> {
  const height = Math.ceil(image.height / 4), width = Math.ceil(image.width / 4);
  const [boundary, displacement] = tf.tidy(() => {
    const { taps } = backbone.forward(params, onCanvas(image, { crop, mirrored: true }), { taps: true });
    const logits = boundaryBranch(params, taps, backbone.taps).slice([0, 0, 0, 0], [2, height, width, 1]);
    const [own, mirror] = tf.split(logits, 2) as [tf.Tensor4D, tf.Tensor4D];
    const first = taps.map((tap) => tap.slice([0, 0, 0, 0], [1, -1, -1, -1]));
    const field = displacementBranch(params, first, backbone.taps).slice([0, 0, 0, 0], [1, height, width, 2]);
    return [
      tf.sigmoid(own.add(mirror.reverse(2)).mul(0.5)),
      field.sub(tf.tensor1d([...meanDisplacement])).reshape([height, width, 2]).transpose([2, 0, 1]),
    ] as const;
  });
  const maps = {
    height,
    width,
    boundary: await boundary.data() as Float32Array,
    displacement: await displacement.data() as Float32Array,
  };
  tf.dispose([boundary, displacement]);
  return maps;
}

/**
 * Works out the mean displacement of one image, as the released code takes it: over the top-left `crop`×`crop` pixels,
 * zero padding included.
 *
 * @returns (dy, dx) in pixels at stride 4.
 */
export async function meanDisplacementOf(
  backbone: Backbone,
  params: Params,
  { image, crop }: { image: RgbImage; crop: number },
): Promise<[number, number]> {
  const mean = tf.tidy(() => {
    const pixels = normalise(image, backbone.preprocess);
    const canvas = onCanvas({ ...image, pixels }, { crop, mirrored: false }).slice([0, 0, 0, 0], [1, crop, crop, 3]);
    const { taps } = backbone.forward(params, canvas, { taps: true });
    return displacementBranch(params, taps, backbone.taps).mean([0, 1, 2]);
  });
  const [dy, dx] = await mean.data();
  mean.dispose();
  return [dy!, dx!];
}
