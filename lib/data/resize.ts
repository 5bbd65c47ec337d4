/**
 * Resizing of images and label maps, equal to Pillow's BICUBIC and NEAREST bit for bit: the published numbers of
 * IRNet rest on it.
 * @module
 */
import * as simd from "./bicubic.wasm";
import type { LabelMap, RgbImage } from "./image.ts";

/** Size in pixels. */
export interface Size {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/** The canvas of whole blocks of 16 pixels that an image fits into. */
export function wholeBlocks({ height, width }: Size): Size {
  return { height: Math.ceil(height / 16) * 16, width: Math.ceil(width / 16) * 16 };
}

/**
 * Resizes an image with the bicubic filter (a = −0.5), widened when shrinking so that nothing aliases.
 * Columns first, then rows; each pass is rounded to 8 bits; a pass that changes nothing is skipped.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `image` | [H, W, 3] | u8 | |
 * | returns | [height, width, 3] | u8 | |
 *
 * @throws RangeError if the size is not a positive whole number.
 * @example
 * ```ts
 * import { resizeImage } from "./resize.ts";
 * const image = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255) };
 * const twice = resizeImage(image, { width: 4, height: 2 });
 * ```
 */
export function resizeImage(image: RgbImage, { height, width }: Size): RgbImage {
  checkSize({ height, width });
  if (image.width === width && image.height === height) return image;
  const wide = image.width === width ? image : convolveRows(image, width);
  return wide.height === height ? wide : convolveColumns(wide, height);
}

/**
 * Resizes a label map by taking the nearest pixel; halves go to the higher one, so a quarter takes pixels 2, 6, 10, ….
 *
 * @throws RangeError if the size is not a positive whole number.
 */
export function resizeLabel(label: LabelMap, { height, width }: Size): LabelMap {
  checkSize({ height, width });
  if (label.width === width && label.height === height) return label;
  const rows = nearestPositions(label.height, height), columns = nearestPositions(label.width, width);
  const data = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const from = rows[y]! * label.width, to = y * width;
    for (let x = 0; x < width; x++) data[to + x] = label.data[from + columns[x]!]!;
  }
  return { width, height, data };
}

/**
 * Scales the size of an image by a factor: both sides rounded half to even, at least one pixel.
 *
 * @param size Width and height, pixels.
 * @param factor Above 0.
 */
export function scaledSize({ height, width }: Size, factor: number): Size {
  return { height: Math.max(1, roundHalfToEven(height * factor)), width: Math.max(1, roundHalfToEven(width * factor)) };
}

/** Positions are summed up step by step: multiplying instead would pick other pixels for factors such as 1.5. */
function nearestPositions(from: number, to: number): Int32Array {
  const step = from / to;
  const out = new Int32Array(to);
  for (let i = 0, position = step / 2; i < to; i++, position += step) out[i] = Math.min(position, from - 1);
  return out;
}

function checkSize({ height, width }: Size): void {
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0)) {
    throw new RangeError(`Expected a size of whole pixels but found ${width}×${height}`);
  }
}

/** For every output position: the first input position, and `size` integer weights, scaled by 2^22. */
interface Taps {
  readonly size: number;
  readonly first: Int32Array;
  readonly weights: Int32Array;
}

/** The cubic of Keys with a = −0.5. */
function cubic(x: number): number {
  x = Math.abs(x);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/** Weights in fixed point; every window is padded to the same size with zeros, and lies inside the input. */
function bicubicTaps(from: number, to: number): Taps {
  const scale = from / to, widening = Math.max(scale, 1), support = 2 * widening;
  const low = (centre: number) => Math.max(Math.trunc(centre - support + 0.5), 0);
  const high = (centre: number) => Math.min(Math.trunc(centre + support + 0.5), from);
  let size = 0;
  for (let i = 0; i < to; i++) size = Math.max(size, high((i + 0.5) * scale) - low((i + 0.5) * scale));
  const first = new Int32Array(to), weights = new Int32Array(to * size), values = new Float64Array(size);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale, start = low(centre), count = high(centre) - start;
    let sum = 0;
    for (let j = 0; j < count; j++) {
      values[j] = cubic((j + start - centre + 0.5) / widening);
      sum += values[j]!;
    }
    first[i] = Math.min(start, from - size);
    for (let j = 0; j < count; j++) {
      const w = values[j]! / sum * 2 ** 22;
      weights[i * size + start - first[i]! + j] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
  }
  return { size, first, weights };
}

/** Resizes along x. */
function convolveRows({ width, height, data }: RgbImage, to: number): RgbImage {
  const { size, first, weights } = bicubicTaps(width, to);
  const place = load({ data, first, weights, outputBytes: height * to * 3 });
  simd.convolveRows(place.input, place.output, place.first, place.weights, size, width, height, to);
  return { width: to, height, data: unload(place.output, height * to * 3) };
}

/** Resizes along y. */
function convolveColumns({ width, height, data }: RgbImage, to: number): RgbImage {
  const { size, first, weights } = bicubicTaps(height, to);
  const place = load({ data, first, weights, outputBytes: to * width * 3 });
  simd.convolveColumns(place.input, place.output, place.first, place.weights, size, width * 3, to);
  return { width, height: to, data: unload(place.output, to * width * 3) };
}

const base = simd.memory.buffer.byteLength;

// below lies what the module itself may use
const SLACK = 16;

// bytes that a pass may touch past the last pixel

/** Copies a pass's inputs into the memory of the SIMD module, and says where they and the output are. */
function load(
  { data, first, weights, outputBytes }: {
    data: Uint8Array;
    first: Int32Array;
    weights: Int32Array;
    outputBytes: number;
  },
): { input: number; output: number; first: number; weights: number } {
  const firstAt = base, weightsAt = firstAt + first.byteLength;
  const inputAt = weightsAt + weights.byteLength, outputAt = inputAt + data.length + SLACK;
  const missing = outputAt + outputBytes + SLACK - simd.memory.buffer.byteLength;
  if (missing > 0) simd.memory.grow(Math.ceil(missing / 65536));
  new Int32Array(simd.memory.buffer, firstAt).set(first);
  new Int32Array(simd.memory.buffer, weightsAt).set(weights);
  new Uint8Array(simd.memory.buffer, inputAt).set(data);
  return { input: inputAt, output: outputAt, first: firstAt, weights: weightsAt };
}

function unload(at: number, length: number): Uint8Array {
  return new Uint8Array(simd.memory.buffer, at, length).slice();
}

/** Rounds to the nearest whole number, of two equally near ones to the even one, as NumPy and PyTorch do. */
export function roundHalfToEven(x: number): number {
  const down = Math.floor(x), rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}
