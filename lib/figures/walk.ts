import type { RgbImage } from "../data/image.ts";
import { drawCam } from "./cam.ts";
import type { Figure } from "./figure.ts";
import type { PictureSize } from "./maps.ts";
import { panelFigure } from "./_panels.ts";
import { gridPlotly, type ValueMap } from "./_stepped.ts";

/** A piece of a CAM on its walk. */
export interface WalkingPiece {
  /** Class and instance, such as `cat, instance 2`. */
  readonly name: string;
  /** [h, w] maps before the walk (0 steps) and after more and more steps. */
  readonly walked: readonly { readonly steps: number; readonly map: Float32Array }[];
}

/** Pieces of {@linkcode walkFigure}, and the size of their maps. */
export interface WalkFigureOptions extends PictureSize {
  /** At least one, all with the same numbers of steps. */
  readonly pieces: readonly WalkingPiece[];
  /** Steps of the run, which are marked and shown first; absent: the last ones. */
  readonly current?: number;
}

/**
 * Instance-wise CAMs before and after more and more steps of the random walk: attention spreads inside an object and
 * stops at class boundaries (paper: Synthesizing Instance Segmentation Labels). Interactive: a slider over the steps, and
 * values at the pointer.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Pieces.
 * @returns The figure.
 * @throws RangeError without pieces, or if a map does not hold as many values as the size says.
 */
export function walkFigure(image: RgbImage, { height, width, pieces, current }: WalkFigureOptions): Figure {
  const [first] = pieces;
  if (!first?.walked.length) throw new RangeError("Expected at least one piece with a map but found none");
  const rows = pieces.map(({ name, walked }) => ({
    heading: name,
    panels: walked.map(({ map }) => {
      const peak = highest(map);
      return {
        picture: drawCam(image, { height, width, data: map.map((value) => value / Math.max(peak, 1e-9)) }),
        caption: `maximum ${peak.toPrecision(2)}`,
      };
    }),
  }));
  const title = "Instance-wise CAMs on their walk";
  return panelFigure({
    title,
    subtitle:
      "In every step a pixel takes the mean of its neighbours, weighted by affinity: maps level out inside an " +
      "object and keep off what boundaries part from it. Colours are fractions of each map's own maximum.",
    columns: first.walked.map(({ steps }) =>
      (steps === 0 ? "before" : `after ${steps} ${steps === 1 ? "step" : "steps"}`) +
      (steps === current ? " (this run)" : "")
    ),
    rows,
    legend: [{ kind: "scale", map: "viridis", from: "0", to: "1", text: "fraction of the map's maximum" }],
    plotly: () =>
      gridPlotly({
        ...{ title, slider: "steps", active: activeOf(first.walked.map(({ steps }) => steps), current) },
        steps: first.walked.map(({ steps }, n) => ({
          label: String(steps),
          note: [steps === current ? "this run" : "", ...rows.map(({ panels }) => panels[n]!.caption)]
            .filter(Boolean).join(", "),
        })),
        panels: [
          { heading: "image", pictures: [image] },
          ...pieces.map(({ name, walked }, row) => ({
            heading: name,
            pictures: rows[row]!.panels.map(({ picture }) => picture),
            values: walked.map(({ map }): ValueMap => ({
              ...{ height, width, data: map, colours: "viridis", from: 0, to: highest(map), name: "attention" },
            })),
          })),
        ],
      }),
  });
}

/** Place of the run's own number in a list; its last without one. */
export function activeOf(numbers: readonly number[], current: number | undefined): number {
  const place = numbers.indexOf(current ?? NaN);
  return place < 0 ? numbers.length - 1 : place;
}

const highest = (map: Float32Array) => map.reduce((a, b) => Math.max(a, b), 0);
