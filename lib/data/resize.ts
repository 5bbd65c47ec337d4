/**
 * Resizing of photographs and label maps, equal to Pillow's BICUBIC and NEAREST bit for bit: the published numbers of
 * IRNet rest on it.
 * @module
 */
import type { LabelMap, RgbImage } from "./image.ts";
import { convolveColumns, convolveRows } from "./_bicubic.ts";
import { roundHalfToEven } from "./round_half_to_even.ts";

/** A size in pixels. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * Resizes a photograph with the bicubic filter (a = −0.5), widened when shrinking so that nothing aliases.
 * Columns first, then rows; each pass is rounded to 8 bits; a pass that changes nothing is skipped.
 *
 * @throws RangeError if the size is not a positive whole number.
 * @example
 * ```ts
 * import { resizeImage } from "./resize.ts";
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const twice = resizeImage(image, { width: 4, height: 2 });
 * ```
 */
export function resizeImage(image: RgbImage, { height, width }: Size): RgbImage {
  checkSize({ height, width });
  if (image.width === width && image.height === height) return image;
  const wide = image.width === width ? image : convolveRows(image, width);
  return wide.height === height ? wide : convolveColumns(wide, height);
}

/**
 * Resizes a label map by taking the nearest pixel; halves go to the higher one, so a quarter takes pixels 2, 6, 10, ….
 *
 * @throws RangeError if the size is not a positive whole number.
 */
export function resizeLabel(label: LabelMap, { height, width }: Size): LabelMap {
  checkSize({ height, width });
  if (label.width === width && label.height === height) return label;
  const rows = nearestPositions(label.height, height), columns = nearestPositions(label.width, width);
  const data = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const from = rows[y]! * label.width, to = y * width;
    for (let x = 0; x < width; x++) data[to + x] = label.data[from + columns[x]!]!;
  }
  return { width, height, data };
}

/**
 * The size of a picture scaled by a factor: both sides rounded half to even, at least one pixel.
 *
 * @param size Width and height, pixels.
 */
export function scaledSize({ height, width }: Size, factor: number): Size {
  return { height: Math.max(1, roundHalfToEven(height * factor)), width: Math.max(1, roundHalfToEven(width * factor)) };
}

/** Positions are summed up step by step: multiplying instead would pick other pixels for factors such as 1.5. */
function nearestPositions(from: number, to: number): Int32Array {
  const step = from / to;
  const out = new Int32Array(to);
  for (let i = 0, position = step / 2; i < to; i++, position += step) out[i] = Math.min(position, from - 1);
  return out;
}

function checkSize({ height, width }: Size): void {
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0)) {
    throw new RangeError(`Expected a size of whole pixels but found ${width}×${height}`);
  }
}
