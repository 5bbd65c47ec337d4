import { affinity } from "../affinity/affinity.ts";
import type { RgbImage } from "../data/image.ts";
import { drawCam } from "./cam.ts";
import { colourMap, type ColourMapName, colourOf, type Rgb } from "./colours.ts";
import type { Box } from "./_drawing.ts";
import type { Figure } from "./figure.ts";
import type { ScalarMap } from "./maps.ts";
import { expectWithin, outlined, pairsOfMiddle, valuesAround } from "./_neighbourhood.ts";
import { panelFigure } from "./_panels.ts";
import { gridPlotly } from "./_stepped.ts";

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
  const { boundary, radius = 5, beta = 10 } = options;
  const reach = Math.ceil(radius) - 1, side = 2 * reach + 1;
  const [row, column] = options.pixel ?? nearBoundary(boundary, reach);
  expectWithin([row, column], boundary);
  const window = Float32Array.from(valuesAround(boundary, { row, column, reach }, NaN));
  const affinities = affinitiesOfMiddle(window, radius);
  const powers = affinities.map((value) => value ** beta);
  const picture = (values: Float32Array, colours: ColourMapName) => ({
    picture: coloured(values, side, colours),
    isSharp: true,
  });
  const over = (box: Box) => mark(box, side);
  const stride = image.width / boundary.width;
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
            return outlined(`<rect x="${left}" y="${top}" width="${side * unit}" height="${side * unit}"`);
          },
        },
        { ...picture(window, "inferno"), caption: "boundary probability", over },
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
      const map = (heading: string, data: Float32Array, colours: ColourMapName) => ({
        heading,
        values: [{ height: side, width: side, data, colours, from: 0, to: 1, name: "no neighbour: empty" }],
        marks: [{ shape: "circle" as const, x: reach, y: reach, reach: 0.34 }],
      });
      const { height, width } = boundary;
      return gridPlotly({
        title,
        panels: [
          {
            heading: "boundary map and the neighbourhood",
            pictures: [drawCam(image, boundary, { colours: "inferno" })],
            values: [{ height, width, data: boundary.data, colours: "inferno", from: 0, to: 1, name: "boundary" }],
            marks: [{ shape: "rect", x: column, y: row, reach: reach + 0.5 }],
          },
          map("boundary probability", window, "inferno"),
          map("affinity a", affinities, "viridis"),
          map(`a to the power ${beta}`, powers, "viridis"),
        ],
      });
    },
  });
}

/** Affinities of a pixel to the power β, a square of as many pixels as the radius reaches; grey where there is no pair. */
export function affinitiesAround(
  boundary: ScalarMap,
  { row, column, radius, beta }: { row: number; column: number; radius: number; beta: number },
): RgbImage {
  const reach = Math.ceil(radius) - 1;
  const window = Float32Array.from(valuesAround(boundary, { row, column, reach }, NaN));
  const powers = affinitiesOfMiddle(window, radius).map((value) => value ** beta);
  return coloured(powers, 2 * reach + 1, "viridis");
}

/** Affinities of the window's middle to all others, NaN where there is no pair; with itself 1. */
function affinitiesOfMiddle(window: Float32Array, radius: number): Float32Array {
  // What is not there is all boundary.
  const known = window.map((value) => Number.isNaN(value) ? 1 : value);
  const { size, room, neighbours } = pairsOfMiddle(known, radius, 1);
  const values = affinity(room, { ...size, radius }), side = Math.sqrt(window.length);
  const result = new Float32Array(window.length).fill(NaN);
  result[result.length >> 1] = 1;
  for (const { y, x, pair } of neighbours) result[y * side + x] = values[pair]!;
  return result.map((value, i) => Number.isNaN(window[i]!) ? NaN : value);
}

/** A pixel with little boundary on it and much in its neighbourhood. */
export function nearBoundary(boundary: ScalarMap, reach: number): readonly [number, number] {
  let best: readonly [number, number] = [boundary.height >> 1, boundary.width >> 1], most = -Infinity;
  const margin = 3 * reach; // networks see boundaries at the rim of the image that are none
  for (let row = margin; row < boundary.height - margin; row++) {
    for (let column = margin; column < boundary.width - margin; column++) {
      const own = boundary.data[row * boundary.width + column]!;
      const near = valuesAround(boundary, { row, column, reach }, NaN);
      const low = near.filter((value) => value < 0.2).length, high = near.filter((value) => value > 0.5).length;
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
  return outlined(`<circle cx="${x + middle}" cy="${y + middle}" r="${cell * 0.36}"`);
}
