import type { RgbImage } from "../data/image.ts";
import { guidedPlanes, guideOf, visitGuided } from "./_guided.ts";
import type { Evidence } from "./evidence.ts";

/** Pixels of the image to one of the maps, per axis. */
const STRIDE = 4;

/** The grid of maps at stride 4. */
interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** The grid of an image's maps. @throws RangeError if an array has another size or a CAM is not finite. */
export function gridOf({ height, width, keys, cams, boundary }: Evidence): Grid {
  const rows = Math.ceil(height / STRIDE), columns = Math.ceil(width / STRIDE);
  const expect = (name: string, array: Float32Array, maps: number) => {
    if (array.length !== maps * rows * columns) {
      throw new RangeError(
        `Expected ${name} of ${maps}×${rows}×${columns} = ${maps * rows * columns} values for an image of ` +
          `${height}×${width} pixels but found ${array.length}`,
      );
    }
  };
  expect("CAMs", cams, keys.length);
  expect("a boundary map", boundary, 1);
  const broken = cams.find((value) => !Number.isFinite(value));
  if (broken !== undefined) throw new RangeError(`Expected finite CAMs but found ${broken}`);
  return { rows, columns };
}

/** Pixels where one of several maps, or none of them, is highest. */
interface StrongestMap {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** [H, W], the highest value; the floor where no map exceeds it. */
  readonly score: Float32Array;
  /** [H, W], 1 + index of the map with this value, the lowest on ties; 0 where no map exceeds the floor. */
  readonly index: Int32Array;
}

/** Size of the image and of the maps. */
interface Sizes extends Grid {
  readonly height: number;
  readonly width: number;
}

/** The highest of maps that have the size of the image. */
export function strongest(
  maps: Float32Array,
  { height, width, floor }: { height: number; width: number; floor: number },
): StrongestMap {
  const size = height * width;
  const score = new Float32Array(size).fill(floor), index = new Int32Array(size);
  for (let at = 0, map = 1; at < maps.length; at += size, map++) {
    for (let i = 0; i < size; i++) {
      if (maps[at + i]! > score[i]!) {
        score[i] = maps[at + i]!;
        index[i] = map;
      }
    }
  }
  return { height, width, score, index };
}

/** Some rows of a larger map. */
export interface Strip {
  /** The first of them. */
  readonly top: number;
}

/** Maps at stride 4, their highest value, and what they are compared with. */
interface Upsampled extends Sizes {
  readonly peak: number;
  readonly floor: number;
  readonly guide?: RgbImage | null | undefined;
}

/** Rows of a strip: what is at hand of a large image at a time. */
const STRIP = 256;

/** The highest of maps at stride 4, as {@linkcode strongestStrips}, of all rows. */
export function strongestUpsampled(maps: readonly Float32Array[], options: Upsampled): StrongestMap {
  const { height, width } = options.guide ?? options;
  let whole: StrongestMap | undefined;
  for (const { top, ...strip } of strongestStrips(maps, options)) {
    if (strip.height === height) return strip;
    whole ??= { height, width, score: new Float32Array(height * width), index: new Int32Array(height * width) };
    whole.score.set(strip.score, top * width);
    whole.index.set(strip.index, top * width);
  }
  return whole!;
}

/**
 * The highest of maps at stride 4, upsampled and divided by `peak`: bilinearly and cropped, in one piece; or along the edges
 * of a larger image, strip by strip.
 */
export function* strongestStrips(
  maps: readonly Float32Array[],
  { guide: image, ...options }: Upsampled,
): Generator<StrongestMap & Strip> {
  if (!image) return yield { top: 0, ...strongestBilinear(maps, options) };
  const { width } = image, { peak, floor, ...size } = options;
  const guide = guideOf(image, size), planes = maps.map((map) => guidedPlanes(map, guide));
  for (let top = 0; top < image.height; top += STRIP) {
    const height = Math.min(STRIP, image.height - top);
    const score = new Float32Array(height * width).fill(floor), index = new Int32Array(height * width);
    planes.forEach((plane, m) => {
      const visit = (i: number, value: number) => {
        const part = Math.fround(Math.min(1, value / peak)); // edges may overshoot
        if (part <= score[i]!) return;
        score[i] = part;
        index[i] = m + 1;
      };
      visitGuided(plane, guide, { top, count: height, low: floor * peak, visit });
    });
    yield { top, height, width, score, index };
  }
}

function strongestBilinear(
  maps: readonly Float32Array[],
  { height, width, rows, columns, peak, floor }: Sizes & { peak: number; floor: number },
): StrongestMap {
  const score = new Float32Array(height * width).fill(floor), index = new Int32Array(height * width);
  // Means of values below the floor stay below; the margin allows for rounding.
  const low = floor * peak * (1 - 1e-6);
  const line = new Float64Array(columns);
  maps.forEach((map, m) => {
    for (let y = 0; y < height; y++) {
      if (readLine(map, y, { rows, columns, line }) <= low) continue;
      for (let column = -1; column < columns; column++) {
        const a = line[Math.max(column, 0)]!, b = line[Math.min(column + 1, columns - 1)]!;
        if (a <= low && b <= low) continue;
        const first = STRIDE * column + STRIDE / 2; // the four pixels between the centres of two columns
        for (let x = Math.max(first, 0); x < first + STRIDE && x < width; x++) {
          const part = (x - first + 0.5) / STRIDE;
          const value = Math.fround(Math.fround((1 - part) * a + part * b) / peak);
          const i = y * width + x;
          if (value > score[i]!) {
            score[i] = value;
            index[i] = m + 1;
          }
        }
      }
    }
  });
  return { height, width, score, index };
}

/** Class ids of map numbers: 0 stays 0, m becomes the id of the class of map m − 1. */
export function labelsOf(index: Int32Array, keys: ArrayLike<number>): Uint8Array {
  const labels = new Uint8Array(index.length);
  for (let i = 0; i < labels.length; i++) if (index[i]! > 0) labels[i] = keys[index[i]! - 1]! + 1;
  return labels;
}

/** The maximum of a map at stride 4 after upsampling and cropping, or `least` if that is higher. */
export function upsampledMaximum(
  map: Float32Array,
  { height, width, rows, columns, least }: Sizes & { least: number },
): number {
  let maximum = least;
  const line = new Float64Array(columns);
  for (let y = 0; y < height; y++) {
    if (readLine(map, y, { rows, columns, line }) <= maximum) continue;
    for (let column = -1; column < columns; column++) {
      const a = line[Math.max(column, 0)]!, b = line[Math.min(column + 1, columns - 1)]!;
      if (a <= maximum && b <= maximum) continue;
      // Linear in between: the first or the last of the four pixels is the highest.
      const first = STRIDE * column + STRIDE / 2;
      const from = Math.max(first, 0), to = Math.min(first + STRIDE, width) - 1;
      if (from > to) continue; // cropped off
      for (const x of [from, to]) {
        const part = (x - first + 0.5) / STRIDE;
        maximum = Math.max(maximum, Math.fround((1 - part) * a + part * b));
      }
    }
  }
  return maximum;
}

/** Upsamples a map along its columns to one row of pixels, into `line`. Returns its maximum. */
function readLine(
  map: Float32Array,
  y: number,
  { rows, columns, line }: Grid & { line: Float64Array },
): number {
  const source = Math.max(0, (y + 0.5) / STRIDE - 0.5); // half-pixel centres
  const row = Math.floor(source), part = source - row;
  const above = row * columns, below = Math.min(row + 1, rows - 1) * columns;
  let maximum = -Infinity;
  for (let x = 0; x < columns; x++) {
    const value = (1 - part) * map[above + x]! + part * map[below + x]!;
    line[x] = value;
    if (value > maximum) maximum = value;
  }
  return maximum;
}
