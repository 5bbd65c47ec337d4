import { clear, wasmKernels, withScratch } from "./_runtime.ts";

/** A matrix in memory: address of its first value, and bytes from row to row and from column to column. */
export interface Matrix {
  readonly address: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Sizes of a product [m, k] · [k, n]. */
export interface ProductSize {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** Rows of the left matrix that are multiplied at once: a multiple of six. */
const BLOCK_ROWS = 480;
/** Bytes of both matrices that all tiles of the product pass over at once. */
const BLOCK_BYTES = 24 * 1024;

/** Writes the product of two matrices; either may be transposed, but not both. The result's rows are contiguous. */
export function multiply(a: Matrix, b: Matrix, { product, ...size }: ProductSize & { product: number }): void {
  if (a.columnStep === 4) multiplyRows(a, b, { product, ...size });
  else multiplyColumns(a, b, { product, ...size });
}

/** The left matrix has contiguous rows. */
function multiplyRows(a: Matrix, b: Matrix, { m, k, n, product }: ProductSize & { product: number }): void {
  const kernels = wasmKernels();
  const block = Math.min(m, BLOCK_ROWS);
  withScratch([Math.ceil(n / 8) * k * 32, (block + 5) * 8], (packed, table) => {
    kernels.pack(b.address, b.rowStep, b.columnStep, k, n, packed, k, 0);
    let listed = 0;
    for (let row = 0; row < m; row += block) {
      const rows = Math.min(block, m - row);
      if (rows !== listed) kernels.listPixels(table, 1, rows, 0, a.rowStep, 0, n * 4);
      listed = rows;
      kernels.convolve(
        ...[a.address + row * a.rowStep, table, rows, packed, 1, 0, 1, 0, k, n, 0, 0, 0],
        product + row * n * 4,
      );
    }
  });
}

/** The columns of the left matrix and the rows of the right one are contiguous. */
function multiplyColumns(a: Matrix, b: Matrix, { m, k, n, product }: ProductSize & { product: number }): void {
  const kernels = wasmKernels();
  const block = Math.max(1, Math.floor(BLOCK_BYTES / (4 * (m + n))));
  const sumBytes = Math.ceil(m / 4) * Math.ceil(n / 8) * 128;
  withScratch([sumBytes], (sums) => {
    clear(sums, sumBytes);
    for (let row = 0; row < k; row += block) {
      const [left, right] = [a.address + row * a.columnStep, b.address + row * b.rowStep];
      const rows = Math.min(block, k - row);
      // One row of pixels, so that the innermost loop runs over all of them.
      kernels.addProducts(left, 0, a.columnStep, right, 0, b.rowStep, 1, rows, 1, m, n, 1, 0, 1, 0, sums);
    }
    kernels.readProducts(sums, m, n, product);
  });
}
