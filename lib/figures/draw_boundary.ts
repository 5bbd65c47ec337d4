import type { RgbImage } from "../data/image.ts";
import { colourMap } from "./colour_map.ts";
import type { PictureSize, ScalarMap } from "./maps.ts";
import { stretch } from "./_stretch.ts";

/**
 * A class-boundary map: dark where IRNet sees none, bright where classes meet (paper: Loss for Class Boundary
 * Detection).
 *
 * @param boundary Probabilities 0…1, at stride 4 as a rule.
 * @param size Of the picture, the photograph for example.
 * @returns A picture of that size.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function drawBoundary(boundary: ScalarMap, { height, width }: PictureSize): RgbImage {
  const values = stretch(boundary, { height, width }), table = colourMap("inferno");
  const data = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) {
    const level = Math.round(255 * Math.min(Math.max(values[i]!, 0), 1));
    data.set(table.subarray(level * 3, level * 3 + 3), i * 3);
  }
  return { height, width, data };
}
