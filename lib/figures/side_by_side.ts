import type { RgbImage } from "../data/image.ts";

/** Layout of {@linkcode sideBySide}. */
export interface SideBySideOptions {
  /** Pictures in a row; absent: all in one. */
  readonly columns?: number;
  /** White space between them, pixels. */
  readonly gap?: number;
}

/**
 * Pictures side by side on white, such as the stages of the method on one photograph. Cells have the size of the
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
