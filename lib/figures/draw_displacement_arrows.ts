import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { RgbImage } from "../data/image.ts";
import { arrowsSvg } from "./_arrows.ts";
import { greyed } from "./_paint.ts";
import type { VectorField } from "./maps.ts";

/** Density of the arrows. */
export interface DrawArrowsOptions {
  /** Distance between arrows, pixels of the photograph. */
  readonly every?: number;
}

/**
 * A displacement field as arrows over its photograph, each in its true length: they end where the instance centroid is
 * believed to be (paper: Loss for Displacement Field Prediction).
 *
 * @param image The photograph.
 * @param field Displacements (dy, dx) in pixels of the field, at stride 4 as a rule.
 * @param options Density.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the field does not hold two values a pixel.
 */
export async function drawDisplacementArrows(
  image: RgbImage,
  field: VectorField,
  { every = 16 }: DrawArrowsOptions = {},
): Promise<RgbImage> {
  const { height: rows, width: columns, data: vectors } = field, { height, width } = image;
  if (vectors.length !== 2 * rows * columns) {
    throw new RangeError(
      `Expected a field of 2×${rows}×${columns} = ${2 * rows * columns} values but found ${vectors.length}`,
    );
  }
  const box = { x: 0, y: 0, width, height };
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `${arrowsSvg(field, box, every)}</svg>`;
  const base = greyed(image);
  const { data } = await sharp(base.data, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { height, width, data: new Uint8Array(data) };
}
