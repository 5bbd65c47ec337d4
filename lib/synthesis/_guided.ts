/**
 * Maps at stride 4 brought to the size of a larger image, with edges where the image has them: a guided filter (He, Sun
 * and Tang, Guided Image Filtering) whose coefficients are found on the maps' own grid and applied to every pixel.
 */
import type { RgbImage } from "../data/image.ts";

/** Cells around a cell whose colours explain its map, and the variance of colours (0…1) that counts as an edge. */
const RADIUS = 1, EPSILON = 1e-4;

/** What guides the maps of an image: means over the cells of their grid. */
export interface Guide {
  /** The larger image. */
  readonly image: RgbImage;
  /** Rows of the grid. */
  readonly rows: number;
  /** Columns of the grid. */
  readonly columns: number;
  /** Pixels of the image to a cell, by axis. */
  readonly cell: readonly [number, number];
  /** Mean colours [3, rows, columns], 0…1, and their means over windows. */
  readonly colours: readonly Float64Array[];
  readonly means: readonly Float64Array[];
  /** Inverse of the covariance of colours in the window of each cell, [6, rows, columns]: rr, rg, rb, gg, gb, bb. */
  readonly inverse: readonly Float64Array[];
}

/** Prepares an image as the guide of maps at stride 4 of a smaller one, whose size in pixels is given. */
export function guideOf(
  image: RgbImage,
  { height, width, rows, columns }: { height: number; width: number; rows: number; columns: number },
): Guide {
  const cell = [4 * image.height / height, 4 * image.width / width] as const, size = { rows, columns };
  const colours = cellColours(image, { ...size, cell }), means = colours.map((c) => windowMeans(c, size));
  const covariance = PAIRS.map(([a, b]) => {
    const products = windowMeans(colours[a]!.map((value, i) => value * colours[b]![i]!), size);
    return products.map((value, i) => value - means[a]![i]! * means[b]![i]!);
  });
  for (let i = 0; i < rows * columns; i++) {
    const [rr, rg, rb, gg, gb, bb] = covariance.map((c) => c[i]!) as [number, number, number, number, number, number];
    const [r, g, b] = [rr + EPSILON, gg + EPSILON, bb + EPSILON];
    const cofactors = [g * b - gb * gb, rb * gb - rg * b, rg * gb - rb * g, r * b - rb * rb, rg * rb - r * gb];
    const determinant = r * cofactors[0]! + rg * cofactors[1]! + rb * cofactors[2]!;
    [...cofactors, r * g - rg * rg].forEach((value, k) => covariance[k]![i] = value / determinant);
  }
  return { image, ...size, cell, colours, means, inverse: covariance };
}

const PAIRS = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [2, 2]] as const;

/**
 * Visits the values of a map at the pixels of some rows of its guide's image, row by row.
 *
 * @param planes Of the map, from {@linkcode guidedPlanes}.
 * @param options `top`, `count`: the rows; `low`: cells in which no value exceeds it are passed over; `visit`: told pixel,
 * counted from the first of these rows, and value.
 */
export function visitGuided(
  [reds, greens, blues, offsets]: GuidedPlanes,
  { image: { width, data }, rows, columns, cell }: Guide,
  { top, count, low, visit }: {
    top: number;
    count: number;
    low: number;
    visit: (pixel: number, value: number) => void;
  },
): void {
  const line = () => new Float64Array(columns),
    [red, green, blue, offset, most] = [line(), line(), line(), line(), line()];
  const taps = Array.from({ length: width }, (_, x) => between(x, columns, cell[1]));
  const parts = Float64Array.from(taps, ({ part }) => part);
  const starts = Int32Array.from({ length: columns + 1 }, (_, cell) => {
    const first = taps.findIndex(({ at }) => at >= cell);
    return first < 0 ? width : first;
  });
  for (let y = top; y < top + count; y++) {
    const { at: row, next: below, part } = between(y, rows, cell[0]), rest = 1 - part;
    for (let x = 0, i = row * columns, j = below * columns; x < columns; x++, i++, j++) {
      red[x] = rest * reds[i]! + part * reds[j]!;
      green[x] = rest * greens[i]! + part * greens[j]!;
      blue[x] = rest * blues[i]! + part * blues[j]!;
      offset[x] = rest * offsets[i]! + part * offsets[j]!;
      most[x] = offset[x]! + Math.max(0, red[x]!) + Math.max(0, green[x]!) + Math.max(0, blue[x]!);
    }
    for (let a = 0; a < columns; a++) {
      const b = Math.min(a + 1, columns - 1);
      if (most[a]! <= low && most[b]! <= low) continue;
      for (let x = starts[a]!, end = starts[a + 1]!, i = y * width + x; x < end; x++, i++) {
        const u = parts[x]!, v = 1 - u;
        const value = v * offset[a]! + u * offset[b]! + (
              (v * red[a]! + u * red[b]!) * data[3 * i]! + (v * green[a]! + u * green[b]!) * data[3 * i + 1]! +
              (v * blue[a]! + u * blue[b]!) * data[3 * i + 2]!
            ) / 255;
        if (value > low) visit(i - top * width, value);
      }
    }
  }
}

/** The cells between whose centres a pixel lies. */
function between(pixel: number, cells: number, cell: number): { at: number; next: number; part: number } {
  const place = Math.min(Math.max((pixel + 0.5) / cell - 0.5, 0), cells - 1), at = Math.floor(place);
  return { at, next: Math.min(at + 1, cells - 1), part: place - at };
}

/** Slopes by red, green and blue, and offsets, [rows, columns] each. */
export type GuidedPlanes = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

/** Planes [rows, columns] of the linear function of red, green, blue and 1 that is nearest to a map around each cell. */
export function guidedPlanes(map: Float32Array, { rows, columns, colours, means, inverse }: Guide): GuidedPlanes {
  const size = { rows, columns }, values = Float64Array.from(map), mean = windowMeans(values, size);
  const shared = colours.map((colour, c) =>
    windowMeans(colour.map((value, i) => value * map[i]!), size).map((value, i) => value - means[c]![i]! * mean[i]!)
  );
  const rowsOf = [[0, 1, 2], [1, 3, 4], [2, 4, 5]];
  const slopes = rowsOf.map((row) =>
    mean.map((_, i) => row.reduce((sum, place, c) => sum + inverse[place]![i]! * shared[c]![i]!, 0))
  );
  const offset = mean.map((value, i) => slopes.reduce((left, slope, c) => left - slope[i]! * means[c]![i]!, value));
  const [red, green, blue] = slopes.map((plane) => windowMeans(plane, size));
  return [red!, green!, blue!, windowMeans(offset, size)];
}

/** Mean colours of the pixels of each cell, [3, rows, columns], 0…1. */
function cellColours(
  { height, width, data }: RgbImage,
  { rows, columns, cell }: { rows: number; columns: number; cell: readonly [number, number] },
): Float64Array[] {
  const cells = () => new Float64Array(rows * columns),
    [red, green, blue, counts] = [cells(), cells(), cells(), cells()];
  const places = Int32Array.from({ length: width }, (_, x) => Math.min(Math.floor((x + 0.5) / cell[1]), columns - 1));
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(Math.floor((y + 0.5) / cell[0]), rows - 1) * columns;
    for (let x = 0; x < width; x++, i += 3) {
      const at = row + places[x]!;
      red[at]! += data[i]!;
      green[at]! += data[i + 1]!;
      blue[at]! += data[i + 2]!;
      counts[at]!++;
    }
  }
  return [red, green, blue].map((sum) => sum.map((value, i) => value / 255 / Math.max(1, counts[i]!)));
}

/** Means over the window of each cell, as far as it lies on the grid. */
function windowMeans(plane: Float64Array, { rows, columns }: { rows: number; columns: number }): Float64Array {
  const along = (from: Float64Array, { lines, length, step, stride }: Record<string, number>) => {
    const out = new Float64Array(from.length);
    for (let line = 0; line < lines!; line++) {
      for (let i = 0; i < length!; i++) {
        const first = Math.max(0, i - RADIUS), end = Math.min(length!, i + RADIUS + 1);
        let sum = 0;
        for (let j = first; j < end; j++) sum += from[line * stride! + j * step!]!;
        out[line * stride! + i * step!] = sum / (end - first);
      }
    }
    return out;
  };
  const wide = along(plane, { lines: rows, length: columns, step: 1, stride: columns });
  return along(wide, { lines: columns, length: rows, step: columns, stride: 1 });
}
