import { clear, wasmKernels, withScratch } from "./_runtime.ts";

/** Matrices [rows, columns] that lie one after the other: address of the first and bytes from one to the next. */
export interface Matrices {
  readonly address: number;
  /** Bytes from one matrix to the next; 0: the same one is meant every time. */
  readonly batchStep: number;
  /** Whether rows and columns are swapped in memory. */
  readonly transposed: boolean;
}

/** Sizes of products [m, k] · [k, n], and where they go. */
export interface Products {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly address: number;
}

/** Rows of the left matrix that are multiplied at once: a multiple of six. */
const BLOCK_ROWS = 480;
/** Bytes of both matrices that all tiles of the product pass over at once. */
const BLOCK_BYTES = 24 * 1024;

/** Writes products of matrices; either side may be transposed, but not both. */
export function multiply(a: Matrices, b: Matrices, products: Products): void {
  const { batch, m, k, n, address } = products;
  if (a.transposed) {
    multiplyColumns(a, b, products);
  } else if (b.batchStep === 0 && a.batchStep !== 0) {
    multiplyRows(a, b, { ...products, batch: 1, m: batch * m });
  } else if (m === 1 && !b.transposed) {
    wasmKernels().multiplyVectors(a.address, a.batchStep, b.address, b.batchStep, batch, k, n, address);
  } else {
    multiplyRows(a, b, products);
  }
}

/** The left matrices have contiguous rows. */
function multiplyRows(a: Matrices, b: Matrices, { batch, m, k, n, address }: Products): void {
  const kernels = wasmKernels();
  const block = Math.min(m, BLOCK_ROWS);
  const [rowStep, columnStep] = b.transposed ? [4, k * 4] : [n * 4, 4];
  withScratch([Math.ceil(n / 8) * k * 32, (block + 5) * 8], (packed, table) => {
    let listed = 0;
    for (let i = 0; i < batch; i++) {
      const left = a.address + i * a.batchStep, product = address + i * m * n * 4;
      if (i === 0 || b.batchStep > 0) {
        kernels.pack(b.address + i * b.batchStep, rowStep, columnStep, k, n, packed, k, 0);
      }
      for (let row = 0; row < m; row += block) {
        const rows = Math.min(block, m - row);
        if (rows !== listed) kernels.listPixels(table, 1, rows, 0, k * 4, 0, n * 4);
        listed = rows;
        const input = left + row * k * 4;
        kernels.convolve(input, table, rows, packed, 1, 0, 1, 0, k, n, 0, 0, 0, product + row * n * 4);
      }
    }
  });
}

/** The columns of the left matrices and the rows of the right ones are contiguous. */
function multiplyColumns(a: Matrices, b: Matrices, { batch, m, k, n, address }: Products): void {
  const kernels = wasmKernels();
  const block = Math.max(1, Math.floor(BLOCK_BYTES / (4 * (m + n))));
  const sumBytes = Math.ceil(m / 4) * Math.ceil(n / 8) * 128;
  withScratch([sumBytes], (sums) => {
    for (let i = 0; i < batch; i++) {
      clear(sums, sumBytes);
      for (let row = 0; row < k; row += block) {
        const left = a.address + i * a.batchStep + row * m * 4, right = b.address + i * b.batchStep + row * n * 4;
        // One row of pixels, so that the innermost loop runs over all of them.
        const rows = Math.min(block, k - row);
        kernels.addProducts(left, 0, m * 4, right, 0, n * 4, 1, rows, 1, m, n, 1, 0, 1, 0, sums);
      }
      kernels.readProducts(sums, m, n, address + i * m * n * 4);
    }
  });
}
