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
 * Visits the values of a map at the pixels of its guide's image, row by row.
 *
 * @param map [rows, columns].
 * @param options `low`: cells in which no value exceeds it are passed over; `visit`: told pixel and value.
 */
export function visitGuided(
  map: Float32Array,
  guide: Guide,
  { low, visit }: { low: number; visit: (pixel: number, value: number) => void },
): void {
  const { image: { height, width, data }, rows, columns, cell } = guide, planes = coefficients(map, guide);
  const lines = planes.map(() => new Float64Array(columns));
  const taps = Array.from({ length: width }, (_, x) => between(x, columns, cell[1]));
  for (let y = 0; y < height; y++) {
    const { at: row, next: below, part } = between(y, rows, cell[0]);
    planes.forEach((plane, k) => {
      for (let x = 0; x < columns; x++) {
        lines[k]![x] = (1 - part) * plane[row * columns + x]! + part * plane[below * columns + x]!;
      }
    });
    const [red, green, blue, offset] = lines as [Float64Array, Float64Array, Float64Array, Float64Array];
    const most = offset.map((value, x) =>
      value + Math.max(0, red[x]!) + Math.max(0, green[x]!) + Math.max(0, blue[x]!)
    );
    for (let x = 0, i = y * width; x < width; x++, i++) {
      const { at: a, next: b, part: u } = taps[x]!;
      if (most[a]! <= low && most[b]! <= low) continue;
      const v = 1 - u;
      const value = v * offset[a]! + u * offset[b]! + (
            (v * red[a]! + u * red[b]!) * data[3 * i]! + (v * green[a]! + u * green[b]!) * data[3 * i + 1]! +
            (v * blue[a]! + u * blue[b]!) * data[3 * i + 2]!
          ) / 255;
      if (value > low) visit(i, value);
    }
  }
}

/** The cells between whose centres a pixel lies. */
function between(pixel: number, cells: number, cell: number): { at: number; next: number; part: number } {
  const place = Math.min(Math.max((pixel + 0.5) / cell - 0.5, 0), cells - 1), at = Math.floor(place);
  return { at, next: Math.min(at + 1, cells - 1), part: place - at };
}

/** Planes [rows, columns] of the linear function of red, green, blue and 1 that is nearest to a map around each cell. */
function coefficients(map: Float32Array, { rows, columns, colours, means, inverse }: Guide): Float64Array[] {
  const size = { rows, columns }, values = Float64Array.from(map), mean = windowMeans(values, size);
  const shared = colours.map((colour, c) =>
    windowMeans(colour.map((value, i) => value * map[i]!), size).map((value, i) => value - means[c]![i]! * mean[i]!)
  );
  const rowsOf = [[0, 1, 2], [1, 3, 4], [2, 4, 5]];
  const slopes = rowsOf.map((row) =>
    mean.map((_, i) => row.reduce((sum, place, c) => sum + inverse[place]![i]! * shared[c]![i]!, 0))
  );
  const offset = mean.map((value, i) => slopes.reduce((left, slope, c) => left - slope[i]! * means[c]![i]!, value));
  return [...slopes, offset].map((plane) => windowMeans(plane, size));
}

/** Mean colours of the pixels of each cell, [3, rows, columns], 0…1. */
function cellColours(
  { height, width, data }: RgbImage,
  { rows, columns, cell }: { rows: number; columns: number; cell: readonly [number, number] },
): Float64Array[] {
  const sums = [0, 1, 2, 3].map(() => new Float64Array(rows * columns));
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.min(Math.floor((y + 0.5) / cell[0]), rows - 1) * columns;
    for (let x = 0; x < width; x++, i += 3) {
      const at = row + Math.min(Math.floor((x + 0.5) / cell[1]), columns - 1);
      for (let c = 0; c < 3; c++) sums[c]![at]! += data[i + c]!;
      sums[3]![at]!++;
    }
  }
  const [counts] = sums.splice(3);
  return sums.map((sum) => sum.map((value, i) => value / 255 / Math.max(1, counts![i]!)));
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
