import type { RgbImage } from "./image.ts";

/** For every output position: the first input position, and `size` integer weights, scaled by 2^22. */
export interface Taps {
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
export function bicubicTaps(from: number, to: number): Taps {
  const scale = from / to, widening = Math.max(scale, 1), support = 2 * widening;
  const size = Math.min(from, Math.ceil(support) * 2 + 1);
  const first = new Int32Array(to), weights = new Int32Array(to * size), values = new Float64Array(size);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = Math.max(Math.trunc(centre - support + 0.5), 0);
    const count = Math.min(Math.trunc(centre + support + 0.5), from) - low;
    let sum = 0;
    for (let j = 0; j < count; j++) {
      values[j] = cubic((j + low - centre + 0.5) / widening);
      sum += values[j]!;
    }
    first[i] = Math.min(low, from - size);
    for (let j = 0; j < count; j++) {
      const w = values[j]! / sum * 2 ** 22;
      weights[i * size + low - first[i]! + j] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
  }
  return { size, first, weights };
}

/** Resizes along x. */
export function convolveRows({ width, height, data }: RgbImage, to: number): RgbImage {
  const { size, first, weights } = bicubicTaps(width, to);
  const out = new Uint8ClampedArray(height * to * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      let red = 1 << 21, green = red, blue = red;
      let from = (y * width + first[x]!) * 3;
      for (let j = x * size, end = j + size; j < end; j++, from += 3) {
        const w = weights[j]!;
        red = (red + Math.imul(w, data[from]!)) | 0;
        green = (green + Math.imul(w, data[from + 1]!)) | 0;
        blue = (blue + Math.imul(w, data[from + 2]!)) | 0;
      }
      const at = (y * to + x) * 3;
      out[at] = red >> 22;
      out[at + 1] = green >> 22;
      out[at + 2] = blue >> 22;
    }
  }
  return { width: to, height, data: new Uint8Array(out.buffer) };
}

/** Resizes along y. */
export function convolveColumns({ width, height, data }: RgbImage, to: number): RgbImage {
  const { size, first, weights } = bicubicTaps(height, to);
  const row = width * 3;
  const out = new Uint8ClampedArray(to * row), sums = new Int32Array(row);
  for (let y = 0; y < to; y++) {
    sums.fill(1 << 21);
    for (let j = 0; j < size; j++) {
      const w = weights[y * size + j]!;
      if (w === 0) continue;
      const from = (first[y]! + j) * row;
      for (let x = 0; x < row; x++) sums[x]! += Math.imul(w, data[from + x]!);
    }
    for (let x = 0; x < row; x++) out[y * row + x] = sums[x]! >> 22;
  }
  return { width, height: to, data: new Uint8Array(out.buffer) };
}
