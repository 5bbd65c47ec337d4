import type { RgbImage } from "./image.ts";
import sharp, { type Sharp } from "sharp";

/**
 * Reads an image as people see it: turned as its EXIF orientation says, its colour profile applied, grey, CMYK
 * and 16-bit images as 8-bit sRGB, transparent parts over white. CMYK without a profile is taken as browsers do:
 * red = (1 − cyan) · (1 − black), and so on.
 *
 * @param path A file of any kind that libvips knows: JPEG, PNG, WebP, TIFF, …
 * @returns [H, W, 3] values of 0 to 255.
 * @throws Error naming the file if it is missing, cut off or no image. Damage that decoders commonly bridge, such as
 * stray bytes between the segments of a JPEG, is let pass.
 * @example
 * ```ts
 * import { readImage } from "./read_image.ts";
 * const { width, height, data } = await readImage("JPEGImages/2007_000032.jpg");
 * ```
 */
export async function readImage(path: string): Promise<RgbImage> {
  try {
    const image = sharp(path, { failOn: "error" }).autoOrient();
    const { space, hasProfile, hasAlpha, depth } = await image.metadata();
    if (space === "cmyk" && !hasProfile && !hasAlpha && depth === "uchar") return await readInks(image);
    return await pixels(image.flatten({ background: "white" }).toColourspace("srgb"), 3);
  } catch (error) {
    throw new Error(`Expected a readable image in ${path} but found: ${imageProblem(error)}`);
  }
}

async function readInks(image: Sharp): Promise<RgbImage> {
  const { width, height, data: inks } = await pixels(image.pipelineColourspace("cmyk").toColourspace("cmyk"), 4);
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) data[to++] = Math.round((255 - inks[from + ink]!) * light / 255);
  }
  return { width, height, data };
}

async function pixels(image: Sharp, expected: number): Promise<RgbImage> {
  const { data, info: { width, height, channels } } = await image.raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (channels !== expected) throw new Error(`${channels} channels`);
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
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
    throw new Error(`Expected a readable image in ${path} but found: ${imageProblem(error)}`);
  }
}

/** Words of libvips about an image. Its messages get lost where several threads meet errors at once. */
export function imageProblem(error: unknown): string {
  const message = (error as Error).message.trim().replace(/:?\s*\n\s*/g, ", ");
  return message === "" || message === "Unknown error" ? "it is damaged or cut off" : message;
}
