import type { RgbImage } from "../data/image.ts";
import { drawCam } from "./cam.ts";
import { colourMap, colourOf } from "./colours.ts";
import type { Figure } from "./figure.ts";
import { type PictureSize, type ScalarMap, stretch } from "./maps.ts";
import { panelFigure } from "./_panels.ts";

/**
 * A class-boundary map: dark where IRNet sees none, bright where classes meet (paper: Loss for Class Boundary
 * Detection).
 *
 * @param boundary Probabilities 0…1, at stride 4 as a rule.
 * @param size Of the picture, the image for example.
 * @returns A picture of that size, [H, W, 3] u8.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function drawBoundary(boundary: ScalarMap, { height, width }: PictureSize): RgbImage {
  const values = stretch(boundary, { height, width }), table = colourMap("inferno");
  const data = new Uint8Array(values.length * 3);
  for (let i = 0; i < values.length; i++) data.set(colourOf(table, values[i]!), i * 3);
  return { height, width, data };
}

/**
 * The class-boundary map alone and over its image (paper: Loss for Class Boundary Detection). No boundary was ever
 * shown to the network: they arise where pairs of different pseudo classes need one.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options The map, probabilities 0…1 at stride 4 as a rule; `when`: words for the title, such as "after 15 steps".
 * @returns The figure.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function boundaryFigure(
  image: RgbImage,
  { boundary, when }: { readonly boundary: ScalarMap; readonly when?: string },
): Figure {
  return panelFigure({
    title: when === undefined ? "Class-boundary map" : `Class-boundary map, ${when}`,
    subtitle: "The probability that a boundary between classes, or to the background, passes through a pixel.",
    rows: [{
      panels: [
        { picture: image, caption: "image" },
        {
          picture: drawBoundary(boundary, image),
          caption: `boundary map, ${boundary.height}×${boundary.width} values`,
        },
        { picture: drawCam(image, boundary, { colours: "inferno" }), caption: "over the image" },
      ],
    }],
    legend: [{ kind: "scale", map: "inferno", from: "0", to: "1", text: "boundary probability" }],
  });
}
