import type { RgbImage } from "../data/image.ts";
import { drawBoundary } from "./draw_boundary.ts";
import { drawCam } from "./draw_cam.ts";
import type { Figure } from "./figure.ts";
import type { ScalarMap } from "./maps.ts";
import { panelFigure } from "./_panels.ts";

/**
 * The class-boundary map alone and over its photograph (paper: Loss for Class Boundary Detection). No boundary was ever
 * shown to the network: they arise where pairs of different pseudo classes need one.
 *
 * @param image The photograph.
 * @param options The map, probabilities 0…1 at stride 4 as a rule.
 * @returns The figure.
 * @throws RangeError if the map does not hold as many values as its size says.
 */
export function boundaryFigure(image: RgbImage, { boundary }: { readonly boundary: ScalarMap }): Figure {
  return panelFigure({
    title: "Class-boundary map",
    subtitle: "The probability that a boundary between classes, or to the background, passes through a pixel.",
    rows: [{
      panels: [
        { picture: image, caption: "photograph" },
        {
          picture: drawBoundary(boundary, image),
          caption: `boundary map, ${boundary.height}×${boundary.width} values`,
        },
        { picture: drawCam(image, boundary, { colours: "inferno" }), caption: "over the photograph" },
      ],
    }],
    legend: [{ kind: "scale", map: "inferno", from: "0", to: "1", text: "boundary probability" }],
  });
}
