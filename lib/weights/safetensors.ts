/** Values with their shape, row-major. */
export interface NamedTensor {
  /** Extent of every axis; empty for a single number. */
  readonly shape: number[];
  /** The values. */
  readonly data: Float32Array;
}

/** Tensors by name. */
export type NamedTensors = Record<string, NamedTensor>;

/** Contents of a safetensors file. */
export interface TensorFile {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Its tensors, as 32-bit floats. */
  readonly tensors: NamedTensors;
  /** The free texts of its header. */
  readonly metadata: Record<string, string>;
}

/**
 * Reads a safetensors file.
 *
 * @param path Path of the file.
 * @returns Tensors and metadata.
 * @throws Error naming the file where it is not a whole safetensors file, or holds values of an unknown type.
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  return decodeSafetensors(await Deno.readFile(path), path);
}

/**
 * Decodes the bytes of a safetensors file. Values of types F64, F16, BF16, I64 and I32 become 32-bit floats.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @returns Tensors and metadata.
 * @throws Error naming the file where it is not a whole safetensors file, or holds values of an unknown type.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): TensorFile {
  const { header, start } = readHeader(bytes, name);
  const tensors: NamedTensors = {};
  let metadata: Record<string, string> = {};
  for (const [key, entry] of Object.entries(header)) {
    if (key === "__metadata__") metadata = entry as Record<string, string>;
    else tensors[key] = decodeTensor(bytes, start, { entry, name, key });
  }
  return { name, tensors, metadata };
}

/**
 * Encodes tensors as a safetensors file of 32-bit floats, in the order of the record: equal tensors give equal bytes.
 *
 * @param tensors Tensors by name.
 * @param metadata Free texts for the header.
 * @returns The file's bytes.
 * @throws RangeError if a tensor does not hold the number of values that its shape asks for.
 */
export function encodeSafetensors(tensors: NamedTensors, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data.length !== product(shape)) {
      throw new RangeError(`Expected ${product(shape)} values in ${name} [${shape}] but found ${data.length}`);
    }
    header[name] = { dtype: "F32", shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start + size);
  bytes.fill(0x20, 8, start); // the header is padded with spaces, so that the values are aligned
  bytes.set(text, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  let offset = start;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

type Decoder = (view: DataView, count: number) => Float32Array;

const each = (size: number, read: (view: DataView, offset: number) => number): { size: number; decode: Decoder } => ({
  size,
  decode: (view, count) => Float32Array.from({ length: count }, (_, i) => read(view, i * size)),
});

const DECODERS: Readonly<Record<string, { size: number; decode: Decoder }>> = {
  F32: {
    size: 4,
    decode: (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)),
  },
  F64: each(8, (view, offset) => view.getFloat64(offset, true)),
  F16: each(2, (view, offset) => halfToNumber(view.getUint16(offset, true))),
  BF16: each(2, (view, offset) => brainToNumber(view.getUint16(offset, true))),
  I64: each(8, (view, offset) => Number(view.getBigInt64(offset, true))),
  I32: each(4, (view, offset) => view.getInt32(offset, true)),
};

function readHeader(bytes: Uint8Array, name: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < 8) throw new Error(`Expected a safetensors file in ${name} but found ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > bytes.length - 8) {
    throw new Error(`Expected a safetensors header of ${length} bytes in ${name} but found ${bytes.length - 8} bytes`);
  }
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  } catch (cause) {
    throw new Error(`Expected a JSON header in ${name} but found something else`, { cause });
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error(`Expected a JSON object as header of ${name} but found ${JSON.stringify(header).slice(0, 40)}`);
  }
  return { header: header as Record<string, unknown>, start: 8 + length };
}

function decodeTensor(
  bytes: Uint8Array,
  start: number,
  { entry, name, key }: { entry: unknown; name: string; key: string },
): NamedTensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Partial<Record<string, unknown>>;
  const decoder = DECODERS[String(dtype)];
  if (!decoder) {
    throw new Error(`Expected ${Object.keys(DECODERS).join(", ")} for ${key} in ${name} but found ${dtype}`);
  }
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new Error(`Expected shape and data_offsets of ${key} in ${name} but found ${JSON.stringify(entry)}`);
  }
  const [from, to] = offsets as [number, number];
  const count = product(shape);
  if (to - from !== count * decoder.size || start + to > bytes.length) {
    throw new Error(
      `Expected ${count * decoder.size} bytes for ${key} [${shape}] ${dtype} in ${name} but found ` +
        `${Math.max(0, Math.min(to, bytes.length - start) - from)}`,
    );
  }
  return { shape, data: decoder.decode(new DataView(bytes.buffer, bytes.byteOffset + start + from, to - from), count) };
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

const brain = new DataView(new ArrayBuffer(4));
function brainToNumber(bits: number): number {
  brain.setUint32(0, bits << 16);
  return brain.getFloat32(0);
}
