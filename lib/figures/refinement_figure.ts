import type { RgbImage } from "../data/image.ts";
import { drawDisplacement } from "./draw_displacement.ts";
import type { Figure } from "./figure.ts";
import type { VectorField } from "./maps.ts";
import { panelFigure } from "./_panels.ts";
import { usualReach } from "./_reach.ts";
import { displacementsTo } from "./_refined.ts";
import { steppedPlotly } from "./_stepped.ts";

/** Rounds of {@linkcode refinementFigure}. */
export interface RefinementFigureOptions {
  /** Size of the field; its values are not read. */
  readonly field: VectorField;
  /** What `findCentroids()` returns after so many iterations, ascending. */
  readonly steps: readonly { readonly iterations: number; readonly centroids: Int32Array }[];
}

/**
 * How refinement sharpens the displacement field: where pixels have got to after some iterations, as colours of the way
 * (paper: Generating Class-agnostic Instance Map). Interactive: a slider over the iterations, and the length of the way
 * at the pointer.
 *
 * @param image The photograph.
 * @param options Rounds.
 * @returns The figure.
 * @throws RangeError if an array does not hold as many values as the field's size says, or there is no step.
 */
export function refinementFigure(image: RgbImage, { field, steps }: RefinementFigureOptions): Figure {
  if (steps.length === 0) throw new RangeError("Expected at least one step but found none");
  const { height, width } = field, size = height * width;
  const ways = steps.map(({ iterations, centroids }) => ({ iterations, data: displacementsTo(centroids, field) }));
  const reach = usualReach(ways.at(-1)!.data);
  const pictures = ways.map(({ iterations, data }) => ({
    label: String(iterations),
    caption: `after ${iterations} ${iterations === 1 ? "iteration" : "iterations"}`,
    picture: drawDisplacement({ height, width, data }, { height: image.height, width: image.width, reach }),
    lengths: Float32Array.from({ length: size }, (_, i) => Math.hypot(data[i]!, data[size + i]!)),
  }));
  const title = "Refinement of the displacement field, step by step";
  const rows = Array.from({ length: Math.ceil(pictures.length / 4) }, (_, row) => ({
    panels: Array.from({ length: 4 }, (_, column) => pictures[row * 4 + column] ?? null),
  }));
  return panelFigure({
    title,
    subtitle: "In every iteration a pixel adds the displacement of the place it has got to. The ways grow until they " +
      "end in the centroids, and their colours change sharply where instances touch.",
    rows,
    legend: [{
      kind: "wheel",
      text: `direction of the way; full colour: ${reach.toFixed(1)} pixels at stride 4 or more`,
    }],
    plotly: () =>
      steppedPlotly({
        title,
        slider: "iterations",
        steps: pictures,
        active: pictures.length - 1,
        values: pictures.map(({ lengths }) => ({
          height,
          width,
          data: lengths,
          colours: "viridis" as const,
          from: 0,
          to: reach,
          name: "length, pixels at stride 4",
        })),
      }),
  });
}
