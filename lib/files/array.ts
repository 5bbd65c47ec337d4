/** Arrays of numbers, as all formats of files read and write them, and numbers as files store them: little-endian. */

/** Values of an array. */
export type ArrayValues = Float32Array | Int32Array | Uint8Array;

/** An array of numbers, row-major: the last index varies fastest. */
export interface NumericArray<Values extends ArrayValues = ArrayValues> {
  /** Extent of every axis; empty for a single number. */
  readonly shape: number[];
  /** The values. */
  readonly data: Values;
}

/** Test for a whole number of at least 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Test for a list of at most 64 whole numbers of at least 0, as shapes are. */
export function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= 64 && value.every(isCount);
}

/** Number of values of a shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/**
 * Reorders values whose first index varies fastest (Fortran's order).
 *
 * @param data The values.
 * @param shape Sides of the array.
 * @returns The values row-major, the last index varying fastest.
 */
export function rowMajor<Values extends ArrayValues>(data: Values, shape: readonly number[]): Values {
  const result = data.slice();
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    result[index.reduce((offset, at, axis) => offset * shape[axis]! + at, 0)] = data[i]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) index[axis] = 0;
  }
  return result as Values;
}

interface NumberType {
  /** Bytes of one number. */
  readonly size: number;
  /** All numbers of a buffer as 32-bit floats. */
  readonly read: (buffer: ArrayBuffer) => Float32Array;
}

const TYPES = {
  F64: { size: 8, read: (buffer) => new Float32Array(new Float64Array(buffer)) },
  F32: { size: 4, read: (buffer) => new Float32Array(buffer) },
  F16: { size: 2, read: (buffer) => new Float32Array(new Float16Array(buffer)) },
  BF16: { size: 2, read: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), widened).buffer) },
  U64: { size: 8, read: (buffer) => Float32Array.from(new BigUint64Array(buffer), Number) },
  U32: { size: 4, read: (buffer) => new Float32Array(new Uint32Array(buffer)) },
  U16: { size: 2, read: (buffer) => new Float32Array(new Uint16Array(buffer)) },
  I64: { size: 8, read: (buffer) => Float32Array.from(new BigInt64Array(buffer), Number) },
  I32: { size: 4, read: (buffer) => new Float32Array(new Int32Array(buffer)) },
  I16: { size: 2, read: (buffer) => new Float32Array(new Int16Array(buffer)) },
  I8: { size: 1, read: (buffer) => new Float32Array(new Int8Array(buffer)) },
  U8: { size: 1, read: (buffer) => new Float32Array(new Uint8Array(buffer)) },
  BOOL: { size: 1, read: (buffer) => new Float32Array(new Uint8Array(buffer)) },
} as const satisfies Record<string, NumberType>;

/** Names of types of numbers, those of safetensors files. */
export type NumberTypeName = keyof typeof TYPES;

/** All names. */
export const NUMBER_TYPES = Object.keys(TYPES) as readonly NumberTypeName[];

/** Test for the name of a type. */
export function isNumberType(name: unknown): name is NumberTypeName {
  return typeof name === "string" && Object.hasOwn(TYPES, name);
}

/** Bytes of one number. */
export function sizeOf(type: NumberTypeName): number {
  return TYPES[type].size;
}

/** Numbers as 32-bit floats, in an array of their own. */
export function toFloats(bytes: Uint8Array, type: NumberTypeName): Float32Array {
  return TYPES[type].read(bytes.slice().buffer); // a copy starts aligned
}

/** The 32 bits of a brain float. */
function widened(bits: number): number {
  return bits << 16;
}
