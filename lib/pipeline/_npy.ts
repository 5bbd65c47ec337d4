/** The `.npy` format: one array, a header that is a Python literal, little-endian values. */
import type { NpzArray } from "./npz.ts";

const MAGIC = "\x93NUMPY";

/** Array → version 1.0 `.npy` file. */
export function encodeNpy({ shape, data }: NpzArray, name: string): Uint8Array {
  const count = shape.reduce((product, side) => product * side, 1);
  if (count !== data.length) {
    throw new RangeError(`Expected ${count} values for [${shape.join(", ")}] in ${name} but found ${data.length}`);
  }
  const descr = data instanceof Float32Array ? "<f4" : data instanceof Int32Array ? "<i4" : "|u1";
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const literal = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const padding = 63 - (10 + literal.length) % 64; // the values start at a multiple of 64
  const header = new TextEncoder().encode(`${literal}${" ".repeat(padding)}\n`);
  const file = new Uint8Array(10 + header.length + data.byteLength);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  file.set(header, 10);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), 10 + header.length);
  return file;
}

/** `.npy` file → array; `where` names file and array in messages. */
export function decodeNpy(bytes: Uint8Array, where: string): NpzArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin1 = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 12 || latin1(0, 6) !== MAGIC) throw new Error(`Expected a .npy array as ${where} but found none`);
  const wide = bytes[6]! > 1; // versions 2 and 3 have a longer length field
  const start = wide ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const header = latin1(wide ? 12 : 10, start);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sides = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || sides === undefined) {
    throw new Error(`Expected type, order and shape of ${where} but found the header ${header.trim()}`);
  }
  const type = TYPES[descr];
  if (!type) {
    throw new Error(`Expected ${where} of type ${Object.keys(TYPES).join(", ")} but found ${descr}`);
  }
  const shape = sides.split(",").map((side) => side.trim()).filter(Boolean).map(Number);
  const count = shape.reduce((product, side) => product * side, 1);
  if (bytes.length - start !== count * type.bytes) {
    throw new Error(
      `Expected ${count * type.bytes} bytes for [${shape.join(", ")}] ${descr} in ${where} but found ` +
        `${bytes.length - start}`,
    );
  }
  // A copy starts aligned.
  const data = type.read(bytes.slice(start).buffer, where);
  return { shape, data: order === "True" ? rowMajor(data, shape) : data };
}

type Values = NpzArray["data"];

/** The types that are read, each into the one of our three that holds its values. */
const TYPES: Record<string, { bytes: number; read(buffer: ArrayBuffer, where: string): Values }> = {
  "<f4": { bytes: 4, read: (buffer) => new Float32Array(buffer) },
  "<i4": { bytes: 4, read: (buffer) => new Int32Array(buffer) },
  "|u1": { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  "|b1": { bytes: 1, read: (buffer) => new Uint8Array(buffer) },
  "<f2": { bytes: 2, read: (buffer) => Float32Array.from(new Float16Array(buffer)) },
  "<f8": { bytes: 8, read: (buffer) => Float32Array.from(new Float64Array(buffer)) },
  "<u2": { bytes: 2, read: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  "<i8": { bytes: 8, read: (buffer, where) => narrowed(new BigInt64Array(buffer), where) },
};

function narrowed(values: BigInt64Array, where: string): Int32Array {
  return Int32Array.from(values, (value) => {
    if (BigInt.asIntN(32, value) !== value) throw new Error(`Expected 32-bit integers as ${where} but found ${value}`);
    return Number(value);
  });
}

/** Reorders values whose first index varies fastest. */
function rowMajor(data: Values, shape: readonly number[]): Values {
  const result = data.slice();
  const index = shape.map(() => 0);
  for (let i = 0; i < data.length; i++) {
    result[index.reduce((offset, at, axis) => offset * shape[axis]! + at, 0)] = data[i]!;
    for (let axis = 0; axis < shape.length && ++index[axis]! === shape[axis]; axis++) index[axis] = 0;
  }
  return result;
}
