import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { RgbImage } from "../voc/image.ts";
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
  const paths: string[] = [];
  for (let y = every / 2; y < height; y += every) {
    for (let x = every / 2; x < width; x += every) {
      const at = Math.floor(y * rows / height) * columns + Math.floor(x * columns / width);
      const dy = vectors[at]! * height / rows, dx = vectors[rows * columns + at]! * width / columns;
      paths.push(arrow(y, x, { dy, dx }));
    }
  }
  const d = paths.join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<g fill="none" stroke-linecap="round" stroke-linejoin="round">` +
    `<path d="${d}" stroke="#00141f" stroke-width="3.2" stroke-opacity="0.75"/>` +
    `<path d="${d}" stroke="#ffd23f" stroke-width="1.5"/></g></svg>`;
  const base = greyed(image);
  const { data } = await sharp(base.data, { raw: { width, height, channels: 3 } })
    .composite([{ input: Buffer.from(svg) }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { height, width, data: new Uint8Array(data) };
}

/** A line with a head; a dot where there is next to no displacement. */
function arrow(y: number, x: number, { dy, dx }: { dy: number; dx: number }): string {
  const length = Math.hypot(dy, dx), n = (value: number) => value.toFixed(1);
  if (length < 1.5) return `M${n(x)} ${n(y)}h0.1`;
  const head = Math.min(5, length / 2), uy = dy / length * head, ux = dx / length * head;
  const ty = y + dy, tx = x + dx;
  const side = (turn: number) => `${n(tx - ux + turn * uy * 0.6)} ${n(ty - uy - turn * ux * 0.6)}`;
  return `M${n(x)} ${n(y)}L${n(tx)} ${n(ty)}M${side(1)}L${n(tx)} ${n(ty)}L${side(-1)}`;
}
