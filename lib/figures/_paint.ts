import type { RgbImage } from "../data/image.ts";
import { type Rgb, STRIPES, type StripesName } from "./colours.ts";
import type { PictureSize } from "./maps.ts";

/** A picture that is being drawn. */
export interface Canvas extends PictureSize {
  readonly data: Uint8Array;
}

/** An image without its colours, so that what is laid over it has them to itself. */
export function greyed({ height, width, data }: RgbImage): Canvas {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i += 3) {
    out.fill(Math.round(0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!), i, i + 3);
  }
  return { height, width, data: out };
}

/** Lays a colour over one pixel. */
export function paint({ data }: Canvas, pixel: number, { colour, opacity }: { colour: Rgb; opacity: number }): void {
  for (let c = 0; c < 3; c++) {
    data[pixel * 3 + c] = Math.round(data[pixel * 3 + c]! * (1 - opacity) + colour[c]! * opacity);
  }
}

/** Colour of a pixel in stripes, which are as wide as lines of the picture. */
export function striped(name: StripesName, pixel: number, size: PictureSize): Rgb {
  const wide = lineWidth(size), place = Math.floor(pixel / size.width) + pixel % size.width;
  return STRIPES[name][place % (5 * wide) < wide ? 1 : 0];
}

/** Lines are two pixels wide on images of usual size, one on small ones. */
export function lineWidth({ height, width }: PictureSize): number {
  return Math.max(height, width) > 320 ? 2 : 1;
}

/** Whether a pixel lies on the inner rim of its region: next to another value, or within `reach` pixels of one. */
export function onRim(
  ids: ArrayLike<number>,
  pixel: number,
  { height, width, reach }: PictureSize & { reach: number },
) {
  const y = Math.floor(pixel / width), x = pixel % width, id = ids[pixel];
  for (let step = 1; step <= reach; step++) {
    if (x + step < width && ids[pixel + step] !== id) return true;
    if (x - step >= 0 && ids[pixel - step] !== id) return true;
    if (y + step < height && ids[pixel + step * width] !== id) return true;
    if (y - step >= 0 && ids[pixel - step * width] !== id) return true;
  }
  return false;
}

/** @throws RangeError if a map and an image have different proportions, pixels lost to rounding aside. */
export function expectProportions(found: PictureSize, expected: PictureSize): void {
  const factor = Math.max(found.height, found.width) / Math.max(expected.height, expected.width);
  const slack = factor === 1 ? 0 : Math.max(1, factor);
  const fits = (side: "height" | "width") => Math.abs(found[side] - expected[side] * factor) <= slack;
  if (!fits("height") || !fits("width")) {
    throw new RangeError(
      `Expected a map of ${expected.height}×${expected.width} but found ${found.height}×${found.width}`,
    );
  }
}
