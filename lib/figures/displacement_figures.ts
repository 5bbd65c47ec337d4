import type { RgbImage } from "../data/image.ts";
import type { Clusters } from "../displacement/cluster_centroids.ts";
import { arrowsSvg, drawClusters, drawDisplacement, unreachedLegend, usualReach } from "./displacement.ts";
import type { Box } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import type { PictureSize, VectorField } from "./maps.ts";
import { greyed } from "./_paint.ts";
import { inRows, panelFigure } from "./_panels.ts";
import { gridPlotly } from "./_stepped.ts";
import { activeOf } from "./walk.ts";

/** Field and what comes of it, for {@linkcode displacementFigure}. */
export interface DisplacementFigureOptions {
  /** Displacements that IRNet sees, pixels at stride 4. */
  readonly field: VectorField;
  /** [2, h, w] i32, (y, x) of the centroid each pixel ends on, at stride 4. */
  readonly centroids: Int32Array;
  /** Class-agnostic instance map. */
  readonly clusters: Clusters;
}

/**
 * The displacement field before and after its refinement, as arrows and as colours, the centroids that pixels end on,
 * and the class-agnostic instance map (paper: Loss for Displacement Field Prediction; Generating Class-agnostic
 * Instance Map).
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options The field, of `findCentroids()` and of `clusterCentroids()` what they return.
 * @returns The figure.
 * @throws RangeError if an array does not hold as many values as the field's size says.
 */
export function displacementFigure(image: RgbImage, { field, centroids, clusters }: DisplacementFigureOptions): Figure {
  const { height, width } = field;
  const refined = { height, width, data: displacementsTo(centroids, field) };
  const before = usualReach(field.data), after = usualReach(refined.data);
  const background = greyed(image), size = { height: image.height, width: image.width };
  const arrows = (vectors: VectorField) => (box: Box) => arrowsSvg(vectors, box, 22);
  const ends = meetingPoints(centroids, field);
  return panelFigure({
    title: "From displacements to instances",
    subtitle:
      `Every pixel points towards the centroid of its instance. Refined: it follows the field until it stands ` +
      `still. Pixels that meet are one cluster; those that end where the field is long reach no centroid.`,
    rows: [
      {
        panels: [
          { picture: background, caption: "displacements, before refinement", over: arrows(field) },
          { picture: background, caption: "to the centroid, after refinement", over: arrows(refined) },
          {
            picture: background,
            caption: `where pixels end, points: ${ends.size}`,
            over: (box) => dots(ends, field, box),
          },
        ],
      },
      {
        panels: [
          {
            picture: drawDisplacement(field, { ...size, reach: before }),
            caption: "the same as colours, before refinement",
          },
          { picture: drawDisplacement(refined, { ...size, reach: after }), caption: "after refinement" },
          {
            picture: drawClusters(image, { height, width, ...clusters }),
            caption: `class-agnostic instance map, centroids: ${clusters.count - Math.sign(clusters.unreached)}`,
          },
        ],
      },
    ],
    legend: [
      {
        kind: "wheel",
        text: `direction; full colour: ${before.toFixed(1)} pixels at stride 4 before, ${after.toFixed(1)} after`,
      },
      { kind: "line", colour: "#e0b020", text: "arrows point at the centroid, in true length" },
      { kind: "point", colour: "#cc79a7", text: "end points, larger where more pixels meet" },
      ...unreachedLegend(clusters, field),
    ],
  });
}

/** Numbers of pixels that end on each point. */
function meetingPoints(centroids: Int32Array, { height, width }: VectorField): Map<number, number> {
  const size = height * width, met = new Map<number, number>();
  for (let i = 0; i < size; i++) {
    const point = centroids[i]! * width + centroids[size + i]!;
    met.set(point, (met.get(point) ?? 0) + 1);
  }
  return met;
}

function dots(points: Map<number, number>, { height, width }: VectorField, box: Box): string {
  return [...points].sort((a, b) => b[1] - a[1]).map(([point, count]) => {
    const x = box.x + (point % width + 0.5) / width * box.width;
    const y = box.y + (Math.floor(point / width) + 0.5) / height * box.height;
    const r = Math.min(1.2 + Math.sqrt(count) / 6, 9);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${r.toFixed(1)}" fill="#cc79a7" stroke="#fff"/>`;
  }).join("");
}

/** Rounds of {@linkcode refinementFigure}. */
export interface RefinementFigureOptions {
  /** Size of the field; its values are not read. */
  readonly field: VectorField;
  /** Results of `findCentroids()`, [2, h, w] i32, after so many iterations, ascending. */
  readonly steps: readonly { readonly iterations: number; readonly centroids: Int32Array }[];
  /** Iterations of the run, which are marked and shown first; absent: the last ones. */
  readonly current?: number;
}

/**
 * Refinement of the displacement field: where pixels have got to after some iterations, as colours of the way
 * (paper: Generating Class-agnostic Instance Map). Interactive: a slider over the rounds, and the length of the way
 * at the pointer.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Rounds.
 * @returns The figure.
 * @throws RangeError if an array does not hold as many values as the field's size says, or there is no step.
 */
export function refinementFigure(image: RgbImage, { field, steps, current }: RefinementFigureOptions): Figure {
  if (steps.length === 0) throw new RangeError("Expected at least one step but found none");
  const { height, width } = field, size = height * width;
  const ways = steps.map(({ iterations, centroids }) => ({ iterations, data: displacementsTo(centroids, field) }));
  const reach = usualReach(ways.at(-1)!.data);
  const pictures = ways.map(({ iterations, data }) => ({
    label: String(iterations),
    caption:
      (iterations === 0 ? "the pixels themselves" : `after ${iterations} ${iterations === 1 ? "round" : "rounds"}`) +
      (iterations === current ? " (this run)" : ""),
    picture: drawDisplacement({ height, width, data }, { height: image.height, width: image.width, reach }),
    lengths: Float32Array.from({ length: size }, (_, i) => Math.hypot(data[i]!, data[size + i]!)),
  }));
  const title = "Refinement of the displacement field, step by step";
  return panelFigure({
    title,
    subtitle:
      "In every round a pixel adds the displacement of the place it has got to; after the first the way is the " +
      "displacement itself. Ways grow until they end in the centroids, and their colours change sharply where instances " +
      "touch.",
    rows: inRows(pictures, 4),
    legend: [{
      kind: "wheel",
      text: `direction of the way; full colour: ${reach.toFixed(1)} pixels at stride 4 or more`,
    }],
    plotly: () =>
      gridPlotly({
        ...{ title, slider: "rounds", active: activeOf(steps.map(({ iterations }) => iterations), current) },
        steps: steps.map(({ iterations }) => ({
          label: String(iterations),
          note: iterations === current ? "this run" : "",
        })),
        panels: [
          { heading: "image", pictures: [image] },
          { heading: "way, as direction and length", pictures: pictures.map(({ picture }) => picture) },
          {
            heading: "length of the way",
            values: pictures.map(({ lengths }) => ({
              ...{ height, width, data: lengths, colours: "viridis" as const, from: 0, to: reach },
              name: "pixels at stride 4",
            })),
          },
        ],
      }),
  });
}

/** The way from every pixel to its centroid. */
function displacementsTo(centroids: ArrayLike<number>, { height, width }: PictureSize): Float32Array {
  const size = height * width;
  if (centroids.length !== 2 * size) {
    throw new RangeError(
      `Expected centroids of 2×${height}×${width} = ${2 * size} values but found ${centroids.length}`,
    );
  }
  return Float32Array.from({ length: 2 * size }, (_, i) => {
    const pixel = i % size;
    return centroids[i]! - (i < size ? Math.floor(pixel / width) : pixel % width);
  });
}
