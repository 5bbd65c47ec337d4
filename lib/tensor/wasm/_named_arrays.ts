import type { NumericArray } from "../../files/array.ts";

/** Values by name, such as parameters or gradients. */
export type NamedArrays = Record<string, NumericArray<Float32Array>>;

/** Float arrays of the given shapes, one after the other in one buffer. */
export function viewsOf(
  buffer: ArrayBufferLike,
  shapes: readonly (readonly [name: string, shape: number[]])[],
): NamedArrays {
  let begin = 0;
  return Object.fromEntries(shapes.map(([name, shape]) => {
    const length = sizeOf(shape);
    const data = new Float32Array(buffer, begin * 4, length);
    begin += length;
    return [name, { shape, data }];
  }));
}

/** Number of values of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1);
}
