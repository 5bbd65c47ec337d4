import sharp, { type Sharp } from "sharp";
import { pictureProblem } from "./_picture_problem.ts";
import type { RgbImage } from "./image.ts";

/**
 * Reads a photograph as people see it: turned as its EXIF orientation says, its colour profile applied, grey, CMYK
 * and 16-bit pictures as 8-bit sRGB, transparent parts over white. CMYK without a profile is taken as browsers do:
 * red = (1 − cyan) · (1 − black), and so on.
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
    const picture = sharp(path, { failOn: "error" }).autoOrient();
    const { space, hasProfile, hasAlpha, depth } = await picture.metadata();
    if (space === "cmyk" && !hasProfile && !hasAlpha && depth === "uchar") return await readInks(picture);
    return await pixels(picture.flatten({ background: "white" }).toColourspace("srgb"), 3);
  } catch (error) {
    throw new Error(`Expected a readable picture in ${path} but found: ${pictureProblem(error)}`);
  }
}

async function readInks(picture: Sharp): Promise<RgbImage> {
  const { width, height, data: inks } = await pixels(picture.pipelineColourspace("cmyk").toColourspace("cmyk"), 4);
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let ink = 0; ink < 3; ink++) data[to++] = Math.round((255 - inks[from + ink]!) * light / 255);
  }
  return { width, height, data };
}

async function pixels(picture: Sharp, expected: number): Promise<RgbImage> {
  const { data, info: { width, height, channels } } = await picture.raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (channels !== expected) throw new Error(`${channels} channels`);
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
