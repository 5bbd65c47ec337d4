/** The `.npy` format: one array, a header that is a Python literal, little-endian values. */
import { kindOfFile } from "./kind_of_file.ts";
import { type ArrayValues, type NumericArray, product, rowMajor } from "./array.ts";

const MAGIC = "\x93NUMPY";

/** Array → version 1.0 `.npy` file. */
export function encodeNpy({ shape, data }: NumericArray, name: string): Uint8Array {
  const count = product(shape);
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

/** Header, in front of the values. */
export interface NpyHeader {
  /** Type of the values, such as `<f4`; `|O`: a pickle follows. */
  readonly descr: string;
  /** The first index varies fastest. */
  readonly fortran: boolean;
  readonly shape: number[];
  /** Offset of the values. */
  readonly start: number;
}

/** Longest header that is read, bytes; those of plain arrays have 118. */
const LONGEST_HEADER = 65535;

/** Header of a `.npy` file; `where` names file and array in messages. */
export function decodeNpyHeader(bytes: Uint8Array, where: string): NpyHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin1 = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 12 || latin1(0, 6) !== MAGIC) {
    throw new Error(`Expected a .npy array as ${where} but found ${kindOfFile(bytes) ?? "none"} at byte 0`);
  }
  const wide = bytes[6]! > 1; // versions 2 and 3 have a longer length field
  const from = wide ? 12 : 10, length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const most = Math.min(LONGEST_HEADER, bytes.length - from);
  if (length > most) {
    throw new Error(
      `Expected a header of at most ${most} bytes of ${where} at byte ${from} but found ${length}`,
    );
  }
  const header = latin1(from, from + length);
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sides = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || order === undefined || sides === undefined) {
    throw new Error(
      `Expected type, order and shape of ${where} at byte ${from} but found the header ${header.trim().slice(0, 200)}`,
    );
  }
  const shape = sides.split(",").map((side) => side.trim()).filter(Boolean).map(Number);
  return { descr, fortran: order === "True", shape, start: from + length };
}

/** `.npy` file → array, a view of its bytes where these are aligned; `where` names file and array in messages. */
export function decodeNpy(bytes: Uint8Array, where: string): NumericArray {
  const { descr, fortran, shape, start } = decodeNpyHeader(bytes, where);
  const type = Object.hasOwn(TYPES, descr) ? TYPES[descr]! : undefined;
  if (!type) {
    throw new Error(`Expected ${where} of type ${Object.keys(TYPES).join(", ")} but found ${descr}`);
  }
  const count = product(shape);
  if (bytes.length - start !== count * type.bytes) {
    throw new Error(
      `Expected ${count * type.bytes} bytes for [${shape.join(", ")}] ${descr} in ${where} at byte ${start} ` +
        `but found ${bytes.length - start}`,
    );
  }
  const values = bytes.subarray(start);
  const aligned = values.byteOffset % type.bytes === 0 ? values : values.slice();
  const data = type.read(aligned.buffer as ArrayBuffer, { at: aligned.byteOffset, count, where });
  return { shape, data: fortran ? rowMajor(data, shape) : data };
}

/** Place of values in a buffer, their number, and their name for messages. */
interface Place {
  readonly at: number;
  readonly count: number;
  readonly where: string;
}

/** The types that are read, each into the one of our three that holds its values. */
const TYPES: Record<string, { bytes: number; read(buffer: ArrayBuffer, place: Place): ArrayValues }> = {
  "<f4": { bytes: 4, read: (buffer, { at, count }) => new Float32Array(buffer, at, count) },
  "<i4": { bytes: 4, read: (buffer, { at, count }) => new Int32Array(buffer, at, count) },
  "|u1": { bytes: 1, read: (buffer, { at, count }) => new Uint8Array(buffer, at, count) },
  "|b1": { bytes: 1, read: (buffer, { at, count }) => new Uint8Array(buffer, at, count) },
  "<f2": { bytes: 2, read: (buffer, { at, count }) => new Float32Array(new Float16Array(buffer, at, count)) },
  "<f8": { bytes: 8, read: (buffer, { at, count }) => new Float32Array(new Float64Array(buffer, at, count)) },
  "|i1": { bytes: 1, read: (buffer, { at, count }) => new Int32Array(new Int8Array(buffer, at, count)) },
  "<i2": { bytes: 2, read: (buffer, { at, count }) => new Int32Array(new Int16Array(buffer, at, count)) },
  "<u2": { bytes: 2, read: (buffer, { at, count }) => new Int32Array(new Uint16Array(buffer, at, count)) },
  "<i8": { bytes: 8, read: (buffer, { at, count, where }) => narrowed(new BigInt64Array(buffer, at, count), where) },
  "<u4": {
    bytes: 4,
    read: (buffer, { at, count, where }) =>
      narrowed(BigInt64Array.from(new Uint32Array(buffer, at, count), BigInt), where),
  },
  "<u8": { bytes: 8, read: (buffer, { at, count, where }) => narrowed(new BigUint64Array(buffer, at, count), where) },
};

function narrowed(values: BigInt64Array | BigUint64Array, where: string): Int32Array {
  return Int32Array.from(values as BigInt64Array, (value) => {
    if (BigInt.asIntN(32, value) !== value) throw new Error(`Expected 32-bit integers as ${where} but found ${value}`);
    return Number(value);
  });
}
