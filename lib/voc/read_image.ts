import sharp from "sharp";
import type { RgbImage } from "./image.ts";

/**
 * Reads a photograph as people see it: turned as its EXIF orientation says, its colour profile applied, grey, CMYK
 * and 16-bit pictures as 8-bit sRGB, transparent parts over white.
 *
 * @param path A file of any kind that libvips knows: JPEG, PNG, WebP, TIFF, …
 * @throws Error naming the file if it is missing, cut off or no picture. Damage that decoders commonly bridge, such as
 * stray bytes between the segments of a JPEG, is let pass.
 * @example
 * ```ts
 * import { readImage } from "./read_image.ts";
 * const { width, height, data } = await readImage("JPEGImages/2007_000032.jpg");
 * ```
 */
export async function readImage(path: string): Promise<RgbImage> {
  try {
    const { data, info } = await sharp(path, { failOn: "error" })
      .autoOrient()
      .flatten({ background: "white" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels !== 3) throw new Error(`${channels} channels`);
    return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
  } catch (error) {
    throw new Error(`Expected a readable picture in ${path} but found: ${(error as Error).message}`);
  }
}
