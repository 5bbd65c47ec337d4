/** Numbers as files store them, little-endian. */

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

/** Whether there is a type of this name. */
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

/** Number of values of a shape. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** The 32 bits of a brain float. */
function widened(bits: number): number {
  return bits << 16;
}
