/**
 * Label maps as PNG files: a small reader and writer for indexed and grey pictures of up to 8 bits, which keep the
 * values of the pixels and the order of the palette.
 * @module
 */
import { kindOfFile } from "./kind_of_file.ts";
import { concat } from "@std/bytes/concat";
import { crc32, deflateSync, inflateSync } from "node:zlib";
const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Most classes, or instances, of a label map: a byte a pixel, of which 0 is background and 255 void. */
export const MOST_LABELS = 254;

/** A small file can claim to be huge; 2^28 pixels is what libvips, too, takes by default. */
const MOST_PIXELS = 2 ** 28;

/**
 * Map of small integers: class ids (0 background, 1… classes, 255 void), instance ids, or a mask of 0 and 1.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [H, W] | u8 | one value a pixel, row by row |
 */
export interface LabelMap {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** H·W values. */
  readonly data: Uint8Array;
}

/** A PNG file's pixels and, where it is indexed, its colours. */
export interface LabelPng extends LabelMap {
  /** Red, green, blue of every index; `null` for a grey file. */
  readonly palette: Uint8Array | null;
}

/** Options of {@linkcode encodePng}. */
export interface EncodePngOptions {
  /** Red, green, blue of index 0, 1, …: up to 256 colours; `null` writes a grey file. Default: VOC's colours. */
  readonly palette?: Uint8Array | null;
}

/**
 * Returns the colour map of PASCAL VOC: the bits of a label, from the lowest, go in turn to the high bits of red, green, blue.
 *
 * @returns 256 × 3 values: red, green, blue of label 0, of label 1, …
 * @example
 * ```ts
 * import { vocPalette } from "./png.ts";
 * console.log(vocPalette().subarray(3, 6)); // label 1: 128, 0, 0
 * ```
 */
export function vocPalette(): Uint8Array {
  const palette = new Uint8Array(256 * 3);
  for (let label = 0; label < 256; label++) {
    for (let bit = 0; bit < 8; bit++) {
      palette[label * 3 + bit % 3]! |= ((label >> bit) & 1) << (7 - Math.floor(bit / 3));
    }
  }
  return palette;
}

/**
 * Writes a label map as an 8-bit PNG, indexed or grey. The same map gives the same bytes.
 *
 * @returns The bytes of the file.
 * @throws RangeError if the map is empty, holds another number of values than its size says or an index that the
 * palette lacks.
 * @example
 * ```ts
 * import { encodePng } from "./png.ts";
 * Deno.writeFileSync("label.png", encodePng({ width: 2, height: 1, data: Uint8Array.of(0, 15) }));
 * ```
 */
export function encodePng(
  { width, height, data }: LabelMap,
  { palette = vocPalette() }: EncodePngOptions = {},
): Uint8Array<ArrayBuffer> {
  if (!(width > 0 && height > 0) || data.length !== width * height) {
    throw new RangeError(`Expected a map of ${width}×${height} values but found ${data.length}`);
  }
  const colours = palette ? palette.length / 3 : 256;
  if (palette && !(Number.isInteger(colours) && colours >= 1 && colours <= 256)) {
    throw new RangeError(`Expected a palette of 3 to 768 values, three a colour, but found ${palette.length}`);
  }
  const rows = new Uint8Array(height * (width + 1)); // a zero, for "no filter", ahead of every row
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const foreign = colours === 256 ? -1 : data.findIndex((index) => index >= colours);
  if (foreign >= 0) throw new RangeError(`Expected indices below ${colours} but found ${data[foreign]}`);

  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = palette ? 3 : 0;
  const parts = [SIGNATURE, chunk("IHDR", header)];
  if (palette) parts.push(chunk("PLTE", palette));
  parts.push(chunk("IDAT", deflateSync(rows)), chunk("IEND", new Uint8Array(0)));
  return concat(parts);
}

/**
 * Reads a PNG of label values: indexed or grey, of 1, 2, 4 or 8 bits.
 *
 * The values are the stored ones: indices of the palette, or grey levels without any scaling.
 *
 * @param bytes The whole file.
 * @param name What the error messages call it.
 * @throws Error if the file is no PNG, is damaged or cut off, or is of another kind.
 * @example
 * ```ts
 * import { decodePng } from "./png.ts";
 * const { width, height, data } = decodePng(Deno.readFileSync("label.png"), "label.png");
 * ```
 */
export function decodePng(bytes: Uint8Array, name: string): LabelPng {
  const { width, height, data, palette } = readPngSamples(bytes, name, LABELS);
  return { width, height, data: data as Uint8Array, palette };
}

/** The samples of a PNG file as they are stored. */
export interface PngSamples {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** Samples of a pixel: 1 indices or grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
  readonly channels: number;
  /** H·W·channels values; those of 16 bits as such. */
  readonly data: Uint8Array | Uint16Array;
  /** Red, green, blue of every index; `null` for a file that is not indexed. */
  readonly palette: Uint8Array | null;
}

/**
 * Reads a PNG file of any kind, also an interlaced one.
 *
 * @param bytes The whole file.
 * @param name What the error messages call it.
 * @param kinds Kinds that are read. Default: all.
 * @throws Error as {@linkcode decodePng}.
 */
export function readPngSamples(bytes: Uint8Array, name: string, kinds: PngKinds = ALL): PngSamples {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) {
    throw new Error(`Expected ${name} to be a PNG file but found ${kindOfFile(bytes) ?? "another kind"}`);
  }
  let header: Header | undefined;
  let palette: Uint8Array | null = null;
  let ended = false;
  const compressed: Uint8Array[] = [];
  for (const { type, body } of chunks(bytes, name)) {
    if (type === "IHDR") header = readHeader(body, name, kinds);
    else if (type === "PLTE") palette = body.slice();
    else if (type === "IDAT") compressed.push(body);
    else if (type === "IEND") ended = true;
  }
  if (!header || !ended || compressed.length === 0) {
    throw new Error(`Expected header, pixels and end in ${name} but the file is cut off`);
  }
  const { width, height, bits, channels, indexed } = header;
  if (indexed && !palette) throw new Error(`Expected a palette in the indexed PNG ${name} but found none`);
  const passes = passesOf(header), size = passes.reduce((sum, { rows, stride }) => sum + rows * (stride + 1), 0);
  let rows: Uint8Array;
  try {
    rows = inflateSync(concat(compressed), { maxOutputLength: size + 1 }); // one more than right
  } catch (error) {
    throw new Error(`Expected readable pixels in ${name} but found: ${(error as Error).message}`);
  }
  if (rows.length !== size) throw new Error(`Expected ${size} bytes of pixels in ${name} but found ${rows.length}`);
  const step = Math.ceil(channels * bits / 8), image = { width, height, channels, palette: indexed ? palette : null };
  let data: Uint8Array | Uint16Array | null = null, at = 0;
  for (const pass of passes) {
    const { stride, columns: width, rows: height } = pass, end = at + height * (stride + 1);
    const plain = undoFilters(rows.subarray(at, at = end), { height, stride, step, name });
    const part = bits === 8 ? plain : bits === 16 ? bigEndian(plain) : unpack(plain, { width, height, stride, bits });
    if (!header.interlaced) return { ...image, data: part };
    data ??= new (bits === 16 ? Uint16Array : Uint8Array)(image.width * image.height * channels);
    spread(part, pass, { data, width: image.width, channels });
  }
  return { ...image, data: data! };
}

/** Part of the pixels of an interlaced file: those of every few columns and rows from a place on. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly columns: number;
  readonly rows: number;
  /** Bytes of a row. */
  readonly stride: number;
}

const ONE_PASS = [[0, 0, 1, 1]] as const;
const ADAM_7 = [
  ...[[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4]],
  ...[[0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]],
] as unknown as readonly (readonly [x: number, y: number, dx: number, dy: number])[];

function passesOf({ width, height, bits, channels, interlaced }: Header): Pass[] {
  return (interlaced ? ADAM_7 : ONE_PASS).map(([x, y, dx, dy]) => {
    const columns = Math.ceil((width - x) / dx), rows = Math.ceil((height - y) / dy);
    return { x, y, dx, dy, columns, rows, stride: Math.ceil(columns * channels * bits / 8) };
  }).filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Puts the samples of a pass where they belong. */
function spread(
  part: Uint8Array | Uint16Array,
  { x, y, dx, dy, columns, rows }: Pass,
  { data, width, channels }: { data: Uint8Array | Uint16Array; width: number; channels: number },
): void {
  for (let row = 0, from = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const to = ((y + row * dy) * width + x + column * dx) * channels;
      for (let c = 0; c < channels; c++) data[to + c] = part[from++]!;
    }
  }
}

/** Kinds of PNG files, such as `RGB with alpha`, and how many bits a sample they may have. */
export type PngKinds = Readonly<Record<string, readonly number[]>>;

const LABELS: PngKinds = { grey: [1, 2, 4, 8], indexed: [1, 2, 4, 8] };
const ALL: PngKinds = {
  ...LABELS,
  grey: [1, 2, 4, 8, 16],
  ...Object.fromEntries(["RGB", "grey with alpha", "RGB with alpha"].map((kind) => [kind, [8, 16]])),
};

function bigEndian(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]! << 8 | bytes[2 * i + 1]!);
}

interface Header {
  width: number;
  height: number;
  bits: number;
  channels: number;
  indexed: boolean;
  interlaced: boolean;
}

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(body.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, body.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(body, 8);
  view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)));
  return out;
}

function* chunks(bytes: Uint8Array, name: string): Generator<{ type: string; body: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at < bytes.length;) {
    if (at + 12 > bytes.length) throw new Error(`Expected a whole chunk at byte ${at} of ${name} but the file ends`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) {
      throw new Error(`Expected ${length} bytes in chunk ${type} of ${name} but the file ends`);
    }
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length)) {
      throw new Error(`Expected the checksum of chunk ${type} of ${name} to hold but the file is damaged`);
    }
    yield { type, body: bytes.subarray(at + 8, at + 8 + length) };
    if (type === "IEND") return; // what follows the end is no part of the picture
    at += 12 + length;
  }
}

function readHeader(body: Uint8Array, name: string, kinds: PngKinds): Header {
  if (body.length !== 13) throw new Error(`Expected a header of 13 bytes in ${name} but found ${body.length}`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [bits, colourType, , , interlace] = body.subarray(8) as unknown as [number, number, number, number, number];
  const kind = ["grey", , "RGB", "indexed", "grey with alpha", , "RGB with alpha"][colourType];
  if (kind === undefined || !Object.hasOwn(kinds, kind)) {
    throw new Error(`Expected an indexed or grey PNG but found ${kind ?? `colour type ${colourType}`} in ${name}`);
  }
  if (!kinds[kind]!.includes(bits)) {
    throw new Error(`Expected ${kinds[kind]!.join(", ")} bits a sample but found ${bits} in ${name}`);
  }
  if (interlace > 1) throw new Error(`Expected an interlacing of 0 or 1 but found ${interlace} in ${name}`);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) {
    throw new Error(`Expected 1 to ${MOST_PIXELS} pixels but found ${width}×${height} in ${name}`);
  }
  return {
    width,
    height,
    bits,
    channels: [1, , 3, 1, 2, , 4][colourType]!,
    indexed: kind === "indexed",
    interlaced: interlace === 1,
  };
}

/** Undoes the row filters; the "left" byte is that of the pixel before, at up to 8 bits the one before. */
function undoFilters(
  rows: Uint8Array,
  { height, stride, step, name }: { height: number; stride: number; step: number; name: string },
): Uint8Array {
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!;
    if (filter > 4) throw new Error(`Expected a row filter of 0 to 4 but found ${filter} in ${name}`);
    const from = y * (stride + 1) + 1, to = y * stride, above = to - stride;
    for (let x = 0; x < stride; x++) {
      const a = x >= step ? out[to + x - step]! : 0; // left
      const b = y > 0 ? out[above + x]! : 0; // above
      const c = x >= step && y > 0 ? out[above + x - step]! : 0; // above left
      const guess = filter === 0
        ? 0
        : filter === 1
        ? a
        : filter === 2
        ? b
        : filter === 3
        ? (a + b) >> 1
        : nearestOf(a, b, c);
      out[to + x] = rows[from + x]! + guess;
    }
  }
  return out;
}

/** Paeth's predictor: whichever of left, above and above left is nearest to left + above − above left. */
function nearestOf(a: number, b: number, c: number): number {
  const da = Math.abs(b - c), db = Math.abs(a - c), dc = Math.abs(a + b - 2 * c);
  return da <= db && da <= dc ? a : db <= dc ? b : c;
}

function unpack(
  packed: Uint8Array,
  { width, height, stride, bits }: { width: number; height: number; stride: number; bits: number },
): Uint8Array {
  const out = new Uint8Array(width * height);
  const perByte = 8 / bits, mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = packed[y * stride + Math.floor(x / perByte)]!;
      out[y * width + x] = (byte >> (8 - bits * (x % perByte + 1))) & mask; // the first pixel is in the high bits
    }
  }
  return out;
}
