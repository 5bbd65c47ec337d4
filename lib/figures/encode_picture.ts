import sharp from "sharp";
import type { RgbImage } from "../data/image.ts";

/** Options of {@linkcode encodePicture}. */
export interface EncodePictureOptions {
  /** `png` keeps every pixel; `webp` is about a tenth of its size, for pages with many pictures. */
  readonly format?: "png" | "webp";
  /** Longest side, pixels: larger pictures are shrunk. */
  readonly longest?: number;
}

/**
 * A picture as a file. The same picture gives the same bytes.
 *
 * @param image The picture.
 * @param options Kind of file; PNG if absent.
 * @returns The bytes of the file.
 * @throws RangeError if the picture does not hold three values a pixel.
 */
export async function encodePicture(
  { width, height, data }: RgbImage,
  { format = "png", longest }: EncodePictureOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (data.length !== height * width * 3) {
    throw new RangeError(`Expected ${height}×${width}×3 = ${height * width * 3} values but found ${data.length}`);
  }
  const full = sharp(data, { raw: { width, height, channels: 3 } });
  const picture = longest === undefined
    ? full
    : full.resize({ width: longest, height: longest, fit: "inside", withoutEnlargement: true });
  const encoded = format === "png" ? picture.png({ compressionLevel: 9 }) : picture.webp({ quality: 85 });
  return new Uint8Array(await encoded.toBuffer());
}
