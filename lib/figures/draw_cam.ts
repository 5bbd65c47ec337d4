import type { RgbImage } from "../data/image.ts";
import { colourMap, type ColourMapName } from "./colour_map.ts";
import type { ScalarMap } from "./maps.ts";
import { colourAt, greyed, paint } from "./_paint.ts";
import { stretch } from "./_stretch.ts";

/** How a map is laid over a photograph. */
export interface DrawCamOptions {
  /** Colours of 0…1. */
  readonly colours?: ColourMapName;
  /** How much of the photograph is covered, 0…1. */
  readonly opacity?: number;
}

/**
 * A class attention map over its photograph, as the paper shows them: bright where the classifier found the class
 * (paper: Class Attention Maps). The photograph is grey, so that every colour is one of the map.
 *
 * @param image The photograph.
 * @param cam Values 0…1, of any size; values outside are drawn as the nearest of these.
 * @param options Colours and opacity.
 * @returns A picture of the photograph's size.
 * @throws RangeError if the map does not hold as many values as its size says.
 * @example
 * ```ts
 * import { drawCam } from "./draw_cam.ts";
 * const image = { width: 1, height: 1, data: Uint8Array.of(9, 9, 9) };
 * drawCam(image, { width: 1, height: 1, data: Float32Array.of(1) }, { opacity: 1 }).data; // 253 231 37
 * ```
 */
export function drawCam(
  image: RgbImage,
  cam: ScalarMap,
  { colours = "viridis", opacity = 0.65 }: DrawCamOptions = {},
): RgbImage {
  const canvas = greyed(image), values = stretch(cam, image), table = colourMap(colours);
  for (let i = 0; i < values.length; i++) {
    const level = Math.round(255 * Math.min(Math.max(values[i]!, 0), 1));
    paint(canvas, i, { colour: colourAt(table, level), opacity });
  }
  return canvas;
}
