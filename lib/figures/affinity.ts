import { affinity } from "../affinity/affinity.ts";
import type { RgbImage } from "../data/image.ts";
import { pathIndex, sourceIndices } from "../relation/path_index.ts";
import { drawCam } from "./cam.ts";
import { colourMap, type ColourMapName, colourOf, type Rgb } from "./colours.ts";
import type { Box } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import type { ScalarMap } from "./maps.ts";
import { panelFigure } from "./_panels.ts";
import { heatmapTrace } from "./_stepped.ts";

/** Map, place and settings of {@linkcode affinityFigure}. */
export interface AffinityFigureOptions {
  /** Boundary probabilities at stride 4. */
  readonly boundary: ScalarMap;
  /** Row and column of the pixel, at stride 4; absent: one that a boundary passes near. */
  readonly pixel?: readonly [number, number];
  /** Search radius, pixels at stride 4. */
  readonly radius?: number;
  /** Exponent on affinities in the random walk. */
  readonly beta?: number;
}

/** Colour of what is not a neighbour. */
const OUTSIDE: Rgb = [214, 212, 206];

/**
 * The affinities of one pixel to its neighbourhood: one minus the highest boundary probability on the straight path to
 * each neighbour, and the same to the power β, which is what the random walk steps by (paper: Loss for Class Boundary
 * Detection; Synthesizing Instance Segmentation Labels). Interactive: values at the pointer.
 *
 * @param image RGB image, [H, W, 3] u8.
 * @param options Map, place and settings.
 * @returns The figure.
 * @throws RangeError if the pixel lies outside, or the map does not hold as many values as its size says.
 */
export function affinityFigure(image: RgbImage, options: AffinityFigureOptions): Figure {
  const { boundary, radius = 5, beta = 10 } = options, { height, width } = boundary;
  const reach = Math.ceil(radius) - 1, side = 2 * reach + 1;
  const [row, column] = options.pixel ?? nearBoundary(boundary, reach);
  if (!(row >= 0 && row < height && column >= 0 && column < width)) {
    throw new RangeError(`Expected a pixel within ${height}×${width} but found (${row}, ${column})`);
  }
  const window = boundaryAround(boundary, { row, column, reach });
  const affinities = affinitiesOfMiddle(window, { radius, reach });
  const powers = affinities.map((value) => value ** beta);
  const picture = (values: Float32Array, colours: ColourMapName) => ({
    picture: coloured(values, side, colours),
    isSharp: true,
  });
  const over = (box: Box) => mark(box, side);
  const stride = image.width / width;
  const title = `Affinities of one pixel, radius ${radius}`;
  return panelFigure({
    title,
    subtitle: `The pixel at row ${row}, column ${column} (stride 4) and its neighbours: affinity is one minus the ` +
      `highest boundary on the way. The random walk steps with affinity to the power β = ${beta}.`,
    rows: [{
      panels: [
        {
          picture: drawCam(image, boundary, { colours: "inferno" }),
          caption: "boundary map and the neighbourhood",
          over: ({ x, y, scale }) => {
            const unit = stride * scale, left = x + (column - reach) * unit, top = y + (row - reach) * unit;
            const rect = `<rect x="${left}" y="${top}" width="${side * unit}" height="${side * unit}" fill="none"`;
            return `${rect} stroke="#000" stroke-width="4"/>${rect} stroke="#fff" stroke-width="2"/>`;
          },
        },
        { ...picture(window.data, "inferno"), caption: "boundary probability", over },
        { ...picture(affinities, "viridis"), caption: "affinity a", over },
        { ...picture(powers, "viridis"), caption: `a to the power ${beta}`, over },
      ],
    }],
    legend: [
      { kind: "scale", map: "inferno", from: "0", to: "1", text: "boundary" },
      { kind: "scale", map: "viridis", from: "0", to: "1", text: "affinity" },
      { kind: "colour", colour: OUTSIDE, text: "not a neighbour" },
      { kind: "colour", colour: [255, 255, 255], text: "ring: the pixel" },
    ],
    plotly: () => {
      const maps = [
        { data: window.data, colours: "inferno" as const, name: "boundary" },
        { data: affinities, colours: "viridis" as const, name: "affinity" },
        { data: powers, colours: "viridis" as const, name: `affinity^${beta}` },
      ];
      const domains = [[0, 0.3], [0.35, 0.65], [0.7, 1]];
      const layout = Object.fromEntries(maps.flatMap((_, n) => {
        const suffix = n === 0 ? "" : String(n + 1);
        return [
          [`xaxis${suffix}`, { domain: domains[n], visible: false, constrain: "domain" }],
          [`yaxis${suffix}`, {
            visible: false,
            autorange: "reversed",
            anchor: `x${suffix}`,
            scaleanchor: `x${suffix}`,
            constrain: "domain",
          }],
        ];
      }));
      return Promise.resolve({
        data: maps.map((map, n) => ({
          ...heatmapTrace({ ...map, height: side, width: side, from: 0, to: 1 }, { isVisible: true }),
          xaxis: `x${n === 0 ? "" : n + 1}`,
          yaxis: `y${n === 0 ? "" : n + 1}`,
          colorbar: { title: { text: map.name }, orientation: "h", thickness: 12, len: 0.3, x: domains[n]![0]! + 0.15 },
        })),
        layout: { ...layout, title: { text: title }, width: 1000, height: 430, margin: { l: 16, r: 16, t: 60, b: 60 } },
      });
    },
  });
}

/** The neighbourhood of a pixel, NaN outside of the map. */
function boundaryAround(
  { height, width, data }: ScalarMap,
  { row, column, reach }: { row: number; column: number; reach: number },
): ScalarMap {
  const side = 2 * reach + 1;
  return {
    height: side,
    width: side,
    data: Float32Array.from({ length: side * side }, (_, i) => {
      const y = row - reach + Math.floor(i / side), x = column - reach + i % side;
      return y >= 0 && y < height && x >= 0 && x < width ? data[y * width + x]! : NaN;
    }),
  };
}

/** Affinities of the window's middle to all others, NaN where there is no pair; with itself 1. */
function affinitiesOfMiddle(
  { height, width, data }: ScalarMap,
  { radius, reach }: { radius: number; reach: number },
): Float32Array {
  // Room of boundaries around the window lets every one of its pixels be the first of a pair.
  const roomy = { height: height + 2 * reach, width: width + 2 * reach };
  const padded = new Float32Array(roomy.height * roomy.width).fill(1);
  data.forEach((value, i) => {
    padded[(Math.floor(i / width) + reach) * roomy.width + i % width + reach] = Number.isNaN(value) ? 1 : value;
  });
  const index = pathIndex(radius), sources = sourceIndices(index, roomy);
  const values = affinity(padded, { ...roomy, radius });
  const placeOf = new Map(Array.from(sources, (pixel, s) => [pixel, s]));
  const result = new Float32Array(height * width).fill(NaN);
  result[reach * width + reach] = 1;
  for (let d = 0; d < index.count; d++) {
    const dy = index.destinations[2 * d]!, dx = index.destinations[2 * d + 1]!;
    const of = (y: number, x: number) =>
      values[d * sources.length + placeOf.get((y + reach) * roomy.width + x + reach)!]!;
    result[(reach + dy) * width + reach + dx] = of(reach, reach);
    result[(reach - dy) * width + reach - dx] = of(reach - dy, reach - dx);
  }
  return result.map((value, i) => Number.isNaN(data[i]!) ? NaN : value);
}

/** A pixel with little boundary on it and much in its neighbourhood. */
function nearBoundary(boundary: ScalarMap, reach: number): readonly [number, number] {
  let best: readonly [number, number] = [boundary.height >> 1, boundary.width >> 1], most = -Infinity;
  const margin = 3 * reach; // networks see boundaries at the rim of the image that are none
  for (let row = margin; row < boundary.height - margin; row++) {
    for (let column = margin; column < boundary.width - margin; column++) {
      const own = boundary.data[row * boundary.width + column]!;
      const { data } = boundaryAround(boundary, { row, column, reach });
      const low = data.filter((value) => value < 0.2).length, high = data.filter((value) => value > 0.5).length;
      const mixed = Math.min(low, 3 * high) - 100 * own;
      if (mixed > most) [best, most] = [[row, column], mixed];
    }
  }
  return best;
}

function coloured(values: Float32Array, side: number, colours: ColourMapName): RgbImage {
  const table = colourMap(colours), data = new Uint8Array(values.length * 3);
  values.forEach((value, i) => {
    data.set(Number.isNaN(value) ? OUTSIDE : colourOf(table, value), i * 3);
  });
  return { height: side, width: side, data };
}

/** A ring around the pixel in the middle. */
function mark({ x, y, width }: Box, side: number): string {
  const cell = width / side, middle = width / 2;
  const ring = `<circle cx="${x + middle}" cy="${y + middle}" r="${cell * 0.36}" fill="none"`;
  return `${ring} stroke="#000" stroke-width="4"/>${ring} stroke="#fff" stroke-width="2"/>`;
}
