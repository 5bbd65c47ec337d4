import { isCounts, isNumberType, NUMBER_TYPES, type NumericArray, product, sizeOf, toFloats } from "./array.ts";

/** Longest header, bytes: the limit of the format. */
const LONGEST_HEADER = 100_000_000;

/** Tensors by name. */
export type NamedTensors = Record<string, NumericArray<Float32Array>>;

/** Contents of a safetensors file. */
export interface TensorFile {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Its tensors, as 32-bit floats. */
  readonly tensors: NamedTensors;
  /** The free texts of its header. */
  readonly metadata: Record<string, string>;
  /** Types of the tensors that are no floating-point numbers; values of unknown types throw when they are looked at. */
  readonly others?: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file.
 *
 * @param path Path of the file.
 * @returns Tensors and metadata.
 * @throws Error naming the file where it is not a whole safetensors file.
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  return decodeSafetensors(await Deno.readFile(path), path);
}

/**
 * Decodes the bytes of a safetensors file. Values of other types become 32-bit floats; those of unknown types
 * throw when they are looked at.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @returns Tensors and metadata.
 * @throws Error naming the file, and the tensor or the byte, where it is not a whole safetensors file.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): TensorFile {
  const { header, start } = readHeader(bytes, name);
  const { __metadata__: metadata = {}, ...rest } = header;
  if (!isTexts(metadata)) {
    throw new Error(
      `Expected texts as __metadata__ of ${name} but found ${JSON.stringify(metadata).slice(0, 200)}`,
    );
  }
  const entries = Object.entries(rest).map(([key, entry]) => readEntry(key, entry, name));
  checkPlaces(entries, name, bytes.length - start);
  const tensors = Object.fromEntries(
    entries.map(({ key, type, shape, from, to }): [string, NumericArray<Float32Array>] => [
      key,
      isNumberType(type)
        ? { shape, data: toFloats(bytes.subarray(start + from, start + to), type) }
        : unreadable(`Expected ${NUMBER_TYPES.join(", ")} for ${key} in ${name} but found ${type}`, shape),
    ]),
  );
  return { name, tensors, metadata, ...othersOf(entries) };
}

/** A tensor of a type that is not known, which may not be needed: its values throw. */
export function unreadable(message: string, shape: number[]): NumericArray<Float32Array> {
  return {
    shape,
    get data(): never {
      throw new Error(message);
    },
  };
}

/** Types of those tensors that are no floating-point numbers. */
export function othersOf(entries: readonly { key: string; type: string }[]): Pick<TensorFile, "others"> {
  const others = entries.filter(({ type }) => !["F64", "F32", "F16", "BF16"].includes(type));
  return others.length > 0 ? { others: Object.fromEntries(others.map(({ key, type }) => [key, type])) } : {};
}

/**
 * Encodes tensors as a safetensors file, in the order of the record: equal tensors give equal bytes.
 *
 * @param tensors Tensors by name.
 * @param metadata Free texts for the header.
 * @param type Type of the values in the file: floats of 32 bits, or of 16 in half the room.
 * @returns The file's bytes.
 * @throws RangeError if a tensor does not hold the number of values that its shape asks for.
 */
export function encodeSafetensors(
  tensors: NamedTensors,
  metadata?: Record<string, string>,
  type: "F32" | "F16" = "F32",
): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data.length !== product(shape)) {
      throw new RangeError(`Expected ${product(shape)} values in ${name} [${shape}] but found ${data.length}`);
    }
    const end = size + data.length * sizeOf(type);
    header[name] = { dtype: type, shape, data_offsets: [size, end] };
    size = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + size);
  bytes.fill(0x20, 8, start); // the header is padded with spaces, so that the values are aligned
  bytes.set(text, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  let offset = start;
  for (const { data } of Object.values(tensors)) {
    const values = type === "F16" ? Float16Array.from(data) : data;
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset);
    offset += values.byteLength;
  }
  return bytes;
}

function readHeader(bytes: Uint8Array, name: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) {
    throw new Error(`Expected a safetensors file in ${name} but found ${bytes.length} bytes at byte 0`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > Math.min(bytes.length - 8, LONGEST_HEADER)) {
    throw new Error(
      `Expected a safetensors header of ${length} bytes in ${name} at byte 8 but found ` +
        (length > LONGEST_HEADER ? `that ${LONGEST_HEADER} are allowed` : `${bytes.length - 8} bytes`),
    );
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new Error(
      `Expected a JSON header in ${name} at byte 8 but found something else: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error(
      `Expected a JSON object as header of ${name} at byte 8 but found ${JSON.stringify(header).slice(0, 40)}`,
    );
  }
  return { header: header as Record<string, unknown>, start: 8 + length };
}

/** A tensor as the header describes it. */
interface Entry {
  readonly key: string;
  readonly type: string;
  readonly shape: number[];
  /** Begin and end of its values, from the end of the header. */
  readonly from: number;
  readonly to: number;
}

function readEntry(key: string, entry: unknown, name: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Record<string, unknown>>;
  if (typeof dtype !== "string" || !/^[A-Z]+\d*(_E\d+M\d+\w*)?$/.test(dtype)) {
    throw new Error(`Expected a type of numbers for ${key} in ${name} but found ${dtype}`);
  }
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    const found = JSON.stringify(entry).slice(0, 200);
    throw new Error(`Expected shape and data_offsets of ${key} in ${name} but found ${found}`);
  }
  const [from, to] = offsets as [number, number];
  const length = isNumberType(dtype) ? product(shape) * sizeOf(dtype) : Math.max(0, to - from);
  if (to - from !== length) {
    throw new Error(`Expected ${length} bytes for ${key} [${shape}] ${dtype} in ${name} but found ${to - from}`);
  }
  return { key, type: dtype, shape, from, to };
}

/** Values follow one another without gaps: none is shared, none is left over. */
function checkPlaces(entries: readonly Entry[], name: string, size: number): void {
  let at = 0;
  for (const { key, type, shape, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== at) throw new Error(`Expected the values of ${key} in ${name} at ${at} but found them at ${from}`);
    if (to > size) {
      throw new Error(
        `Expected ${to - from} bytes for ${key} [${shape}] ${type} in ${name} but found ${Math.max(0, size - from)}`,
      );
    }
    at = to;
  }
  if (at !== size) throw new Error(`Expected ${at} bytes of values in ${name} but found ${size} up to byte ${size}`);
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
