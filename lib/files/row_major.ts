/**
 * Reorders values whose first index varies fastest (Fortran's order).
 *
 * @param data The values.
 * @param shape Sides of the array.
 * @returns The values row-major, the last index varying fastest.
 */
export function rowMajor<T extends Float32Array | Int32Array | Uint8Array>(data: T, shape: readonly number[]): T {
  const result = data.slice();
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    result[index.reduce((offset, at, axis) => offset * shape[axis]! + at, 0)] = data[i]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) index[axis] = 0;
  }
  return result as T;
}
