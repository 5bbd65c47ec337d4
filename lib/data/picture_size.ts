import sharp from "sharp";
import { pictureProblem } from "./_picture_problem.ts";

/** Size of a photograph as people see it. */
export interface PictureSize {
  /** Columns, pixels. */
  readonly width: number;
  /** Rows, pixels. */
  readonly height: number;
  /** Whether its EXIF orientation exchanges rows and columns of the file. */
  readonly isTurned: boolean;
}

/**
 * Size of a photograph as {@linkcode readImage} gives it, from the head of the file.
 *
 * @param path The file.
 * @throws Error naming the file if it is missing or no picture.
 */
export async function pictureSize(path: string): Promise<PictureSize> {
  try {
    const { autoOrient: { width, height }, orientation = 1 } = await sharp(path).metadata();
    return { width, height, isTurned: orientation > 4 };
  } catch (error) {
    throw new Error(`Expected a readable picture in ${path} but found: ${pictureProblem(error)}`);
  }
}
