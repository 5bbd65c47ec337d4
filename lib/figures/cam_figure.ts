import { type CamArchive, highResolutionCam } from "../cam/cam_archive.ts";
import type { RgbImage } from "../data/image.ts";
import { drawCam } from "./draw_cam.ts";
import type { Figure } from "./figure.ts";
import { panelFigure } from "./_panels.ts";

/** CAMs and names of {@linkcode camFigure}. */
export interface CamFigureOptions {
  /** Maps of the image. */
  readonly cams: CamArchive;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * Class attention maps over their photograph: a row for each class that the image is said to have, a column for each
 * scale that the classifier saw it at, and the sum of all (paper: Class Attention Maps). Small scales find the whole
 * object, large ones its parts.
 *
 * @param image The photograph.
 * @param options Maps and names.
 * @returns The figure.
 * @throws RangeError if the maps do not fit the photograph.
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
      "photograph",
      ..."scales" in cams ? Array.from(cams.scales, (scale) => `scale ${scale.toFixed(1)}`) : [],
      "sum of scales",
    ],
    rows,
    legend: [{ kind: "scale", map: "viridis", from: "0", to: "1", text: "attention, share of the map's maximum" }],
  });
}

function divided(map: Float32Array): Float32Array {
  const most = map.reduce((a, b) => Math.max(a, b), 1e-5);
  return map.map((value) => value / most);
}
