import { type Zippable, zipSync } from "fflate";
import type { NumericArray } from "./array.ts";
import { decodeNpy, decodeNpyHeader, encodeNpy } from "./npy.ts";
import { decodePickledArrays } from "./decode_pickled_arrays.ts";
import { readZip } from "./zip.ts";

/** Options of {@linkcode encodeNpz}. */
export interface EncodeNpzOptions {
  /** 0 stores, 1 to 9 deflate: ever smaller and slower. */
  readonly level?: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
}

/** Entries carry this date, in local time as zip has it, so that equal arrays give equal bytes. */
const DATE = new Date(1980, 0, 1);

/**
 * Arrays by name → a `.npz` archive that `numpy.load` opens. Equal arrays give equal bytes.
 *
 * @param arrays Arrays by name, in this order.
 * @param options Whether, and how far, to compress.
 * @returns The archive.
 * @throws RangeError if an array does not hold as many values as its shape says.
 * @example
 * ```ts
 * import { encodeNpz } from "./npz.ts";
 * await Deno.writeFile("a.npz", encodeNpz({ score: { shape: [2], data: Float32Array.of(0.5, 1) } }));
 * ```
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NumericArray>>,
  { level = 0 }: EncodeNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  const entries: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) entries[`${name}.npy`] = encodeNpy(array, name);
  return zipSync(entries, { level, mtime: DATE }) as Uint8Array<ArrayBuffer>;
}

/**
 * A `.npz` archive → its arrays by name, from this library or from NumPy. Besides f4, i4 and u1 it reads f2 and f8 as
 * f32, bool as u8, whole numbers of other widths as i32; arrays in Fortran order become row-major.
 *
 * @param bytes The archive.
 * @param name Name of the file, for messages.
 * @returns Arrays by name.
 * @throws Error naming file and array where an array is damaged or of another type.
 */
export function decodeNpz(bytes: Uint8Array, name: string): Record<string, NumericArray> {
  return Object.fromEntries(
    [...npyFiles(bytes, name)].map(([key, content]) => [key, decodeNpy(content, `${key} in ${name}`)]),
  );
}

function* npyFiles(bytes: Uint8Array, name: string): Generator<[key: string, content: Uint8Array]> {
  for (const [file, content] of readZip(bytes, name)) {
    if (!file.endsWith(".npy")) throw new Error(`Expected only .npy arrays in ${name} but found ${file}`);
    yield [file.slice(0, -4), content];
  }
}

/**
 * A file of arrays by name → the arrays: a `.npz` archive, or a `.npy` file with a pickled dictionary, as the released
 * code stores class attention maps. See {@linkcode decodeNpz} and {@linkcode decodePickledArrays}. What is no array of
 * numbers, such as a text, may be there too: it throws when it is looked at.
 *
 * @param bytes The file.
 * @param name Name of the file, for messages.
 * @returns Arrays by name.
 * @throws Error naming the file, and the array or the byte, where it is damaged or holds anything else.
 */
export function decodeArrays(bytes: Uint8Array, name: string): Record<string, NumericArray> {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const arrays: Record<string, NumericArray> = {};
    for (const [key, content] of npyFiles(bytes, name)) {
      const get = () => decodeNpy(content, `${key} in ${name}`);
      Object.defineProperty(arrays, key, { enumerable: true, get });
    }
    return arrays;
  }
  const { descr, shape, start } = decodeNpyHeader(bytes, name);
  if (descr !== "|O" || shape.length > 0) {
    throw new Error(`Expected one dictionary of arrays in ${name} but found [${shape}] of type ${descr}`);
  }
  return decodePickledArrays(bytes.subarray(start), { name, offset: start });
}
