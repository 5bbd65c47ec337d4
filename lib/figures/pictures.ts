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

/** Layout of {@linkcode sideBySide}. */
export interface SideBySideOptions {
  /** Pictures in a row; absent: all in one. */
  readonly columns?: number;
  /** White space between them, pixels. */
  readonly gap?: number;
}

/**
 * Pictures side by side on white, such as the stages of the method on one image. Cells have the size of the
 * largest picture; smaller ones lie in the middle of theirs.
 *
 * @param pictures At least one.
 * @param options Layout.
 * @returns One picture.
 * @throws RangeError without pictures.
 */
export function sideBySide(
  pictures: readonly RgbImage[],
  { columns = pictures.length, gap = 8 }: SideBySideOptions = {},
): RgbImage {
  if (pictures.length === 0) throw new RangeError("Expected at least one picture but found none");
  const cell = {
    height: Math.max(...pictures.map(({ height }) => height)),
    width: Math.max(...pictures.map(({ width }) => width)),
  };
  const across = Math.min(columns, pictures.length), down = Math.ceil(pictures.length / across);
  const height = down * (cell.height + gap) - gap, width = across * (cell.width + gap) - gap;
  const data = new Uint8Array(height * width * 3).fill(255);
  pictures.forEach((picture, n) => {
    const top = Math.floor(n / across) * (cell.height + gap) + Math.floor((cell.height - picture.height) / 2);
    const left = n % across * (cell.width + gap) + Math.floor((cell.width - picture.width) / 2);
    for (let y = 0; y < picture.height; y++) {
      const row = picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
      data.set(row, ((top + y) * width + left) * 3);
    }
  });
  return { height, width, data };
}
