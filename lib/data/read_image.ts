import { kindOfFile } from "../files/kind_of_file.ts";
import type { RgbImage } from "./image.ts";
import { resizeImage, type Size } from "./resize.ts";
import sharp, { type Metadata, type Sharp } from "sharp";

/**
 * Reads an image as people see it: turned as its EXIF orientation says, its colour profile applied, grey, CMYK
 * and 16-bit images as 8-bit sRGB, transparent parts over white. CMYK without a profile is taken as browsers do:
 * red = (1 − cyan) · (1 − black), and so on. Fractions of 0 to 1 are scaled to 0 to 255. Bands of a TIFF file beside its
 * colours that are not declared to be alpha, such as infrared, are left out.
 *
 * @param path A file of any kind that libvips knows: JPEG, PNG, WebP, TIFF, …
 * @param options `longSide`: of larger images the longer side that they are shrunk to, pixels; `null`: as they are.
 * @returns [H, W, 3] values of 0 to 255.
 * @throws Error naming the file if it is missing, cut off or no image, or has values without a known range. Damage that
 * decoders commonly bridge, such as stray bytes between the segments of a JPEG, is let pass.
 * @example
 * ```ts
 * import { readImage } from "./read_image.ts";
 * const { width, height, data } = await readImage("JPEGImages/2007_000032.jpg");
 * ```
 */
export async function readImage(
  path: string,
  { longSide = null }: { readonly longSide?: number | null } = {},
): Promise<RgbImage> {
  try {
    return await decodeImage(path, longSide);
  } catch (error) {
    throw new Error(`Expected a readable image in ${path} but found: ${await imageProblem(error, path)}`);
  }
}

/** The image, as {@linkcode readImage}. @throws Errors of libvips, and of what is not read, as they are. */
export async function decodeImage(path: string, longSide: number | null = null): Promise<RgbImage> {
  const image = sharp(path, { failOn: "error", limitInputChannels: 64 }).autoOrient();
  const facts = await image.metadata(),
    { space, hasProfile, depth } = facts,
    hasAlpha = await isTransparent(path, facts);
  if (space === "multiband") throw new Error(`${facts.channels} bands without names of colours`);
  if (facts.hasAlpha && !hasAlpha) image.removeAlpha();
  const size = readingSize(facts.autoOrient, longSide), twice = { width: 2 * size.width, height: 2 * size.height };
  if (depth === "float" || depth === "double") {
    return resizeImage(await readFractions(image, { space, hasAlpha }), size);
  }
  if (depth !== "uchar" && depth !== "ushort") throw new Error(`whole numbers without a known range (${depth})`);
  // Decoders shrink by blocks, and line by line: they leave twice the size to our filter, which is the same for all.
  if (facts.autoOrient.width > twice.width && facts.autoOrient.height > twice.height) {
    image.resize({ ...twice, fit: "fill" });
  }
  if (space === "cmyk" && !hasProfile) return resizeImage(await readInks(image, { depth, hasAlpha }), size);
  if (hasAlpha) image.flatten({ background: "white" });
  const { width, height, channels, data } = await pixels(image.toColourspace("srgb"), "uchar");
  if (channels !== 3) throw new Error(`${channels} channels`);
  return resizeImage({ width, height, data }, size);
}

/** Test for an alpha channel that the file declares. */
export async function isTransparent(path: string, { format, hasAlpha }: Metadata): Promise<boolean> {
  return hasAlpha && (format !== "tiff" || await declaresAlpha(path));
}

/** Inks of 8 or 16 bits as browsers mix them. */
async function readInks(
  image: Sharp,
  { depth, hasAlpha }: { depth: "uchar" | "ushort"; hasAlpha: boolean },
): Promise<RgbImage> {
  const { width, height, channels, data: bytes } = await pixels(
    image.pipelineColourspace("cmyk").toColourspace("cmyk"),
    depth,
  );
  const inks = depth === "uchar" ? bytes : new Uint16Array(bytes.slice().buffer),
    most = depth === "uchar" ? 255 : 65535;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += channels) {
    const light = most - inks[from + 3]!, opacity = hasAlpha ? inks[from + 4]! / most : 1;
    for (let ink = 0; ink < 3; ink++) {
      const value = (most - inks[from + ink]!) * light / most * (255 / most);
      data[to++] = Math.round(hasAlpha ? 255 + (value - 255) * opacity : value);
    }
  }
  return { width, height, data };
}

/** Fractions of 0 to 1 as 0 to 255, without a change of colours. */
async function readFractions(
  image: Sharp,
  { space, hasAlpha }: { space: string; hasAlpha: boolean },
): Promise<RgbImage> {
  const colours = space === "b-w" ? 1 : 3, own = colours === 1 ? "b-w" : "scrgb";
  const { width, height, channels, data: bytes } = await pixels(
    image.pipelineColourspace(own).toColourspace(own),
    "float",
  );
  const values = new Float32Array(bytes.slice().buffer), data = new Uint8Array(width * height * 3);
  const foreign = values.find((value) => !(value >= -ROUNDING && value <= 1 + ROUNDING));
  if (foreign !== undefined) throw new Error(`fractions beyond 0 to 1, such as ${foreign}`);
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / 3) * channels, value = values[at + i % colours]!;
    data[i] = Math.round(255 * Math.min(1, Math.max(0, hasAlpha ? 1 + (value - 1) * values[at + colours]! : value)));
  }
  return { width, height, data };
}

/** Fractions beyond 0 and 1 that resampling leaves. */
const ROUNDING = 1e-3;

async function pixels(image: Sharp, depth: "uchar" | "ushort" | "float"): Promise<RgbImage & { channels: number }> {
  const { data, info: { width, height, channels } } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  return { width, height, channels, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Size at which an image is read: its own, or shrunk to the longer side `longSide`, pixels; `null`: its own. */
export function readingSize({ width, height }: Size, longSide: number | null): Size {
  const longer = Math.max(width, height);
  if (longSide === null || longer <= longSide) return { width, height };
  const side = (pixels: number) => Math.max(1, Math.round(pixels * longSide / longer));
  return { width: side(width), height: side(height) };
}

/** Size of an image as people see it. */
export interface ImageSize {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** True where its EXIF orientation exchanges rows and columns of the file. */
  readonly isTurned: boolean;
}

/**
 * Reads the size of an image as {@linkcode readImage} gives it, from the head of the file.
 *
 * @param path The file.
 * @throws Error naming the file if it is missing or no image.
 */
export async function imageSize(path: string): Promise<ImageSize> {
  try {
    const { autoOrient: { width, height }, orientation = 1 } = await sharp(path).metadata();
    return { width, height, isTurned: orientation > 4 };
  } catch (error) {
    throw new Error(`Expected a readable image in ${path} but found: ${await imageProblem(error, path)}`);
  }
}

/** Words about an image that cannot be read: what else the file is, or the first of what libvips says of it. */
export async function imageProblem(error: unknown, path: string): Promise<string> {
  const lines = (error as Error).message.replaceAll(`${path}: `, "").split("\n").map((line) => line.trim()).filter(
    Boolean,
  );
  // Messages of libvips get lost where several threads meet errors at once.
  const message = lines.length === 0 || lines[0] === "Unknown error"
    ? "it is damaged or cut off"
    : shortened(lines[0]!);
  if (!message.includes("unsupported image format")) return message;
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(512), length = await file.read(bytes) ?? 0;
    return kindOfFile(bytes.subarray(0, length)) ?? message;
  } catch {
    return message;
  }
}

const shortened = (line: string) => line.length > 120 ? `${line.slice(0, 119)}…` : line;

/**
 * Test for a TIFF file that declares the one band beside its colours to be alpha. Others are infrared, depth, spot
 * colours: libvips takes them for alpha, too.
 *
 * @param path The file.
 * @returns True where ExtraSamples of its first page is one band of alpha.
 */
async function declaresAlpha(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const read = async (at: number, length: number): Promise<DataView> => {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
    await file.seek(at, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += await file.read(bytes.subarray(done)) ?? bytes.length;
    return new DataView(bytes.buffer);
  };
  const head = await read(0, 16), isLittle = head.getUint8(0) === 0x49, isBig = head.getUint16(2, isLittle) === 43;
  const long = (view: DataView, at: number) =>
    isBig ? Number(view.getBigUint64(at, isLittle)) : view.getUint32(at, isLittle);
  const start = long(head, isBig ? 8 : 4), first = start + (isBig ? 8 : 2), entry = isBig ? 20 : 12;
  const number = await read(start, 8), count = isBig ? long(number, 0) : number.getUint16(0, isLittle);
  const entries = await read(first, Math.min(count, 4096) * entry);
  for (let at = 0; at + entry <= entries.byteLength; at += entry) {
    if (entries.getUint16(at, isLittle) !== EXTRA_SAMPLES) continue;
    return long(entries, at + 4) === 1 && ALPHA.has(entries.getUint16(at + (isBig ? 12 : 8), isLittle));
  }
  return false;
}

const EXTRA_SAMPLES = 338;

/** Values of ExtraSamples: colours multiplied by it, or not. */
const ALPHA = new Set([1, 2]);
