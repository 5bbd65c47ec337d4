import { Buffer } from "node:buffer";
import { propagate } from "../affinity/propagate.ts";
import type { LabelMap, RgbImage } from "../data/image.ts";
import { resizeLabel } from "../data/resize.ts";
import { findCentroids } from "../displacement/find_centroids.ts";
import { pathIndex } from "../relation/path_index.ts";
import { affinitiesAround, nearBoundary } from "./affinity.ts";
import { drawCam } from "./cam.ts";
import { classPalette, colourAt, VIRIDIS } from "./colours.ts";
import type { Box } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import { picture } from "./interactive.ts";
import type { ScalarMap, VectorField } from "./maps.ts";
import { expectWithin, outlined } from "./_neighbourhood.ts";
import { type Panel, panelFigure } from "./_panels.ts";
import { encodePicture } from "./pictures.ts";
import { relationPanel } from "./relation.ts";
import { html, jsonScript, Markup } from "./report/_html.ts";

// Not a static import, which would keep an older Deno from saying that it is too old.
const { default: script } = await import("./pixel.js", { with: { type: "text" } });

/** Maps and settings of {@linkcode pixelFigure}; what is left out is not shown. */
export interface PixelFigureOptions {
  /** Boundary probabilities at stride 4: for affinities and the walk. */
  readonly boundary?: ScalarMap;
  /** Displacements (dy, dx) at stride 4: for the path. */
  readonly displacement?: VectorField;
  /** Confident labels of the image's size: for pairs. */
  readonly labels?: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
  /** Settings of the random walk, where its sliders start. */
  readonly walk?: { readonly radius: number; readonly beta: number; readonly steps: number };
  /** Refinement of displacements: its rounds, and the length below which a displacement marks a centroid. */
  readonly refinement?: { readonly iterations: number; readonly clusterThreshold: number };
  /** Radius γ of pairs, pixels at stride 4. */
  readonly pairRadius?: number;
  /** Row and column of the pixel to begin with, at stride 4; absent: one that a boundary passes near. */
  readonly pixel?: readonly [number, number];
  /** Id of the element, for pages with several; absent: a random one. */
  readonly id?: string;
}

const WALK = { radius: 5, beta: 10, steps: 256 }, REFINEMENT = { iterations: 300, clusterThreshold: 2.5 };

/**
 * One pixel of an image and all that the method makes of it: its affinities, its pairs by label, the path of its
 * displacement round by round to its centroid, and what a unit of heat there becomes on the random walk (paper:
 * Inter-pixel Relation Mining from CAMs; Generating Class-agnostic Instance Map; Synthesizing Instance Segmentation
 * Labels). Interactive, without any library: click a pixel or move it by the arrow keys, and slide exponent and steps.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Maps and settings.
 * @returns The figure.
 * @throws RangeError without any map, if maps differ in size, or if the pixel lies outside.
 * @example
 * ```ts
 * import { pixelFigure } from "./pixel.ts";
 * const image = { height: 8, width: 8, data: new Uint8Array(192) };
 * const boundary = { height: 2, width: 2, data: Float32Array.of(0, 0.9, 0, 0.9) };
 * const figure = pixelFigure(image, { boundary, classes: ["cat"], pixel: [0, 0] });
 * ```
 */
export function pixelFigure(image: RgbImage, options: PixelFigureOptions): Figure {
  const { boundary, displacement: field, labels, classes } = options;
  const { walk = WALK, refinement = REFINEMENT, pairRadius = 5 } = options;
  const small = labels && resizeLabel(labels, sizeAtStride(image));
  const size = boundary ?? field ?? small;
  if (!size) throw new RangeError("Expected a boundary map, a displacement field or labels but found none of them");
  for (const map of [boundary, field, small]) {
    if (map && (map.height !== size.height || map.width !== size.width)) {
      throw new RangeError(`Expected maps of ${size.height}×${size.width} but found ${map.height}×${map.width}`);
    }
  }
  const { height, width } = size;
  const pixel = options.pixel ??
    (boundary ? nearBoundary(boundary, Math.ceil(walk.radius) - 1) : [height >> 1, width >> 1]);
  expectWithin(pixel, size);
  const [row, column] = pixel, at = row * width + column;

  const way = field ? roundsOf(field, at, refinement.iterations) : [];
  const main: Panel = {
    picture: image,
    caption: field
      ? `way to row ${way.at(-1)![0]}, column ${way.at(-1)![1]} in ${refinement.iterations} rounds`
      : "the pixel",
    over: (box) => waySvg(box, { way: [[row, column], ...way], unit: box.width / width }),
  };
  const heat = boundary &&
    propagate(Float32Array.from({ length: height * width }, (_, i) => i === at ? 1 : 0), boundary.data, {
      ...{ count: 1, height, width, ...walk },
    });
  const most = heat?.reduce((a, b) => Math.max(a, b), 1e-12) ?? 1;
  const panels: Panel[] = [
    main,
    ...boundary && heat
      ? [
        {
          picture: affinitiesAround(boundary, { row, column, ...walk }),
          isSharp: true,
          caption: `affinity to the power β = ${walk.beta}, radius ${walk.radius}`,
        },
        {
          picture: drawCam(image, { height, width, data: heat.map((value) => value / most) }),
          caption: `a unit of heat after ${walk.steps} steps: at most ${most.toPrecision(2)}`,
        },
      ]
      : [],
    ...small ? [relationPanel(small, { row, column, radius: pairRadius })] : [],
  ];
  const title = "One pixel, and what becomes of it";
  const description = `Row ${row}, column ${column} of the maps, at a quarter of the size: ` + [
    field && "where its displacement leads, round by round",
    boundary && "its affinities, and where a unit of heat gets to on the random walk",
    small && "the pairs that it is in, by their labels",
  ].filter(Boolean).join("; ") + ".";
  return panelFigure({
    title,
    subtitle: description,
    rows: [{ panels }],
    legend: [
      ...boundary
        ? [{ kind: "scale", map: "viridis", from: "0", to: "1", text: "affinity; heat by its maximum" } as const]
        : [],
      ...field ? [{ kind: "point", colour: "#cc79a7", text: "end of the way" } as const] : [],
    ],
    own: async (png) => {
      const index = pathIndex(walk.radius), id = options.id ?? `irnet-${crypto.randomUUID()}`;
      const palette = classPalette(), found = [...new Set(small?.data)];
      const webp = await encodePicture(image, { format: "webp", longest: 640 });
      const data = {
        title,
        description:
          "Click a pixel of the image, or move it by the arrow keys (with Shift by five); maps are at a quarter of " +
          "the image's size.",
        ...{ height, width, pixel, names: classes, pairRadius, colours: VIRIDIS },
        picture: `data:image/webp;base64,${base64(webp)}`,
        boundary: boundary && base64(boundary.data),
        field: field && base64(field.data),
        labels: small && base64(small.data),
        classColours: Object.fromEntries(found.map((label) => [label, colourAt(palette, label)])),
        walk: {
          ...walk,
          ...{ starts: [...index.starts], paths: [...index.paths], destinations: [...index.destinations] },
        },
        refine: { iterations: refinement.iterations, threshold: refinement.clusterThreshold },
      };
      return html`
        <div id="${id}">${picture({ title, description, png })}</div>
        ${jsonScript(`${id}-data`, data)}
        ${new Markup(`<script>(${script.trim().replace(/;$/, "")})(document.getElementById("${id}"),
          JSON.parse(document.getElementById("${id}-data").textContent));</script>`)}
      `.text.trim();
    },
  });
}

/** Size of maps at stride 4. */
const sizeAtStride = ({ height, width }: RgbImage) => ({ height: Math.ceil(height / 4), width: Math.ceil(width / 4) });

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength).toString("base64");

/** Where a pixel has got to after the first rounds, and after all, rounded. */
function roundsOf({ height, width, data }: VectorField, pixel: number, iterations: number): [number, number][] {
  const rounds = [...new Set([1, 2, 3, 4, 6, 8, 12, 16, iterations])].filter((n) => n <= iterations);
  return rounds.map((n) => {
    const centroids = findCentroids(data, { height, width, iterations: n });
    return [centroids[pixel]!, centroids[height * width + pixel]!];
  });
}

function waySvg(
  { x, y }: Box,
  { way, unit }: { way: readonly (readonly [number, number])[]; unit: number },
): string {
  const points = way.map(([row, column]) => [x + (column + 0.5) * unit, y + (row + 0.5) * unit] as const);
  const [[sx, sy], [ex, ey]] = [points[0]!, points.at(-1)!];
  return outlined(`<path d="M${points.map(([x, y]) => `${x} ${y}`).join("L")}"`) +
    (way.length > 1 ? `<circle cx="${ex}" cy="${ey}" r="5" fill="#cc79a7" stroke="#fff"/>` : "") +
    `<circle cx="${sx}" cy="${sy}" r="4" fill="#fff" stroke="#000"/>`;
}
