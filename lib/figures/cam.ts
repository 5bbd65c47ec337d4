import { type CamArchive, highResolutionCam } from "../cam/cam_archive.ts";
import type { RgbImage } from "../data/image.ts";
import { colourMap, type ColourMapName, colourOf } from "./colours.ts";
import type { Figure } from "./figure.ts";
import { type ScalarMap, stretch } from "./maps.ts";
import { greyed, paint } from "./_paint.ts";
import { panelFigure } from "./_panels.ts";

/** Colours and opacity of a map over an image. */
export interface DrawCamOptions {
  /** Colours of 0…1. */
  readonly colours?: ColourMapName;
  /** Opacity of the map, 0…1. */
  readonly opacity?: number;
}

/**
 * A class attention map over its image, as the paper shows them: bright where the classifier found the class
 * (paper: Class Attention Maps). The image is grey, so that every colour is one of the map.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param cam Values 0…1, of any size; values outside are drawn as the nearest of these.
 * @param options Colours and opacity.
 * @returns A picture of the image's size, [H, W, 3] u8.
 * @throws RangeError if the map does not hold as many values as its size says.
 * @example
 * ```ts
 * import { drawCam } from "./cam.ts";
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
    paint(canvas, i, { colour: colourOf(table, values[i]!), opacity });
  }
  return canvas;
}

/**
 * At every pixel the highest of the class attention maps of an image; zero without classes.
 *
 * @param cams Maps of the image.
 * @returns One map of the image's size, [H, W] f32, 0…1.
 */
export function highestCam(cams: CamArchive): ScalarMap {
  const { data: maps, height, width } = highResolutionCam(cams);
  const size = height * width, data = new Float32Array(size);
  for (let i = 0; i < maps.length; i++) data[i % size] = Math.max(data[i % size]!, maps[i]!);
  return { height, width, data };
}

/** CAMs and names of {@linkcode camFigure}. */
export interface CamFigureOptions {
  /** Maps of the image. */
  readonly cams: CamArchive;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * Class attention maps over their image: a row for each class that the image is said to have, a column for each
 * scale that the classifier saw it at, and the sum of all (paper: Class Attention Maps). Small scales find the whole
 * object, large ones its parts.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Maps and names.
 * @returns The figure.
 * @throws RangeError if the maps do not fit the image.
 */
export function camFigure(image: RgbImage, { cams, classes }: CamFigureOptions): Figure {
  const sum = highResolutionCam(cams);
  const scales = "maps" in cams ? cams.maps : [];
  const rows = Array.from(cams.keys, (key, k) => ({
    heading: classes[key] ?? `class ${key}`,
    panels: [
      { picture: image },
      ...scales.map(({ height, width, data }) => {
        const map = data.subarray(k * height * width, (k + 1) * height * width);
        return { picture: drawCam(image, { height, width, data: divided(map) }), caption: `${height}×${width} values` };
      }),
      {
        picture: drawCam(image, {
          ...sum,
          data: sum.data.subarray(k * sum.height * sum.width).subarray(0, sum.height * sum.width),
        }),
      },
    ],
  }));
  return panelFigure({
    title: "Class attention maps, by class and scale",
    subtitle: "Where the classifier finds each class, at every scale of the image and summed over the scales; " +
      "every map is divided by its maximum.",
    columns: [
      "image",
      ..."scales" in cams ? Array.from(cams.scales, (scale) => `scale ${scale.toFixed(1)}`) : [],
      "sum of scales",
    ],
    rows,
    legend: [{ kind: "scale", map: "viridis", from: "0", to: "1", text: "attention, fraction of the map's maximum" }],
  });
}

function divided(map: Float32Array): Float32Array {
  const most = map.reduce((a, b) => Math.max(a, b), 1e-5);
  return map.map((value) => value / most);
}
