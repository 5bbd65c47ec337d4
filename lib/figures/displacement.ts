import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { RgbImage } from "../data/image.ts";
import { distinctColour, wheelColour } from "./colours.ts";
import type { Box } from "./_drawing.ts";
import type { LegendItem } from "./_legend.ts";
import { type ClusterMap, type PictureSize, stretch, stretchNearest, type VectorField } from "./maps.ts";
import { greyed, lineWidth, onRim, paint, striped } from "./_paint.ts";

/** Size and scale of the picture. */
export interface DrawDisplacementOptions extends PictureSize {
  /** Length that has full colour, in pixels of the field; absent: 99 % of all displacements are shorter. */
  readonly reach?: number;
}

/**
 * A displacement field as colours: hue is the direction in which a pixel's instance centroid lies, saturation how far
 * (paper: Loss for Displacement Field Prediction). {@linkcode drawColourWheel} is its legend.
 *
 * @param field Displacements (dy, dx), at stride 4 as a rule.
 * @param options Size, that of the image for example, and scale.
 * @returns A picture of that size, [H, W, 3] u8; white where nothing moves.
 * @throws RangeError if the field does not hold two values a pixel.
 */
export function drawDisplacement(field: VectorField, { height, width, reach }: DrawDisplacementOptions): RgbImage {
  const { height: rows, width: columns, data: vectors } = field, size = rows * columns;
  if (vectors.length !== 2 * size) {
    throw new RangeError(`Expected a field of 2×${rows}×${columns} = ${2 * size} values but found ${vectors.length}`);
  }
  const unit = reach ?? usualReach(vectors);
  const dy = stretch({ height: rows, width: columns, data: vectors.subarray(0, size) }, { height, width });
  const dx = stretch({ height: rows, width: columns, data: vectors.subarray(size) }, { height, width });
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < dy.length; i++) data.set(wheelColour(dy[i]! / unit, dx[i]! / unit), i * 3);
  return { height, width, data };
}

/** Density of the arrows. */
export interface DrawArrowsOptions {
  /** Distance between arrows, pixels of the image. */
  readonly every?: number;
}

/**
 * A displacement field as arrows over its image, each in its true length: they end where the instance centroid is
 * believed to be (paper: Loss for Displacement Field Prediction).
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param field Displacements (dy, dx) in pixels of the field, at stride 4 as a rule.
 * @param options Density.
 * @returns A picture of the image's size, [H, W, 3] u8.
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

/** What stripes mean in an instance map, with the fraction of its pixels; nothing where every pixel reaches a centroid. */
export function unreachedLegend({ unreached = 0 }: Pick<ClusterMap, "unreached">, size: PictureSize): LegendItem[] {
  const percent = (100 * unreached / (size.height * size.width)).toFixed(0);
  return unreached > 0 ? [{ kind: "stripes", of: "unreached", text: `reached no centroid: ${percent}\u00a0%` }] : [];
}

/** Arrows of a field over a picture of `box`, `every` so many pixels of the figure; each in its true length. */
export function arrowsSvg(
  { height: rows, width: columns, data }: VectorField,
  { x: left, y: top, width, height }: Box,
  every: number,
): string {
  const across = Math.max(1, Math.round(width / every)), down = Math.max(1, Math.round(height / every));
  const paths: string[] = [];
  for (let j = 0; j < down; j++) {
    for (let i = 0; i < across; i++) {
      const v = (j + 0.5) / down, u = (i + 0.5) / across;
      const at = Math.min(Math.floor(v * rows), rows - 1) * columns + Math.min(Math.floor(u * columns), columns - 1);
      const dy = data[at]! * height / rows, dx = data[rows * columns + at]! * width / columns;
      paths.push(arrow(top + v * height, left + u * width, { dy, dx }));
    }
  }
  const d = paths.join("");
  return `<g fill="none" stroke-linecap="round" stroke-linejoin="round">` +
    `<path d="${d}" stroke="#00141f" stroke-width="3" stroke-opacity="0.75"/>` +
    `<path d="${d}" stroke="#ffd23f" stroke-width="1.4"/></g>`;
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

/** The length that 99 % of displacements [2, …] stay below, and at least one pixel: a field at rest stays white. */
export function usualReach(vectors: Float32Array): number {
  const size = vectors.length / 2;
  const lengths = Float32Array.from({ length: size }, (_, i) => Math.hypot(vectors[i]!, vectors[size + i]!)).sort();
  return Math.max(lengths[Math.floor(0.99 * (size - 1))] ?? 1, 1);
}

/**
 * A class-agnostic instance map over its image: pixels of one colour move to one centroid, those in grey stripes reach
 * none (paper: Generating Class-agnostic Instance Map). It covers the background too.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param clusters Cluster of every pixel, at stride 4 as a rule.
 * @param options Opacity of the map, 0…1.
 * @returns A picture of the image's size, [H, W, 3] u8.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function drawClusters(
  image: RgbImage,
  clusters: ClusterMap,
  { opacity = 0.6 }: { readonly opacity?: number } = {},
): RgbImage {
  const canvas = greyed(image), map = stretchNearest(clusters, image), reach = lineWidth(image);
  for (let i = 0; i < map.length; i++) {
    const rim = onRim(map, i, { ...image, reach }), isUnreached = map[i] === 0 && (clusters.unreached ?? 0) > 0;
    const colour = isUnreached ? striped("unreached", i, image) : distinctColour(map[i]!);
    paint(canvas, i, { colour, opacity: rim ? 1 : opacity });
  }
  return canvas;
}
