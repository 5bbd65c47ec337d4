import { wasmKernels } from "./_runtime.ts";

/** A block of an array of rank ≤ 4: where it begins and its size along every axis. */
export interface Block {
  readonly shape: readonly number[];
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

/** Copies a block of an array of four-byte values to a contiguous array. */
export function copyBlock(source: number, target: number, { shape, begin, size }: Block): void {
  const padding = Array<number>(4 - shape.length);
  const [, h, w, c] = [...padding.fill(1), ...shape] as [number, number, number, number];
  const [i0, y0, x0, c0] = [...padding.fill(0), ...begin] as [number, number, number, number];
  const [count, rows, columns, channels] = [...padding.fill(1), ...size] as [number, number, number, number];
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < rows; y++) {
      const from = source + ((((i0 + i) * h + y0 + y) * w + x0) * c + c0) * 4;
      const to = target + (i * rows + y) * columns * channels * 4;
      if (channels === c) wasmKernels().copyRuns(from, 0, to, 0, columns * c * 4, 1);
      else wasmKernels().copyRuns(from, c * 4, to, channels * 4, channels * 4, columns);
    }
  }
}
