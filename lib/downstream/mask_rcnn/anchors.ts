import type { Boxes } from "./boxes.ts";
import { roundHalfToEven } from "../../data/resize.ts";

/** Height over width of the anchors at a position. */
export const ANCHOR_RATIOS: readonly number[] = [0.5, 1, 2];

/** A level of the pyramid. */
export interface Level {
  /** Image pixels from one position to the next. */
  readonly stride: number;
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

/**
 * The anchors of a level: boxes of one area and three shapes around every position, rounded to whole pixels.
 *
 * @param level Grid of positions; the first is at the corner of the image.
 * @param side Side of the square anchor in pixels.
 * @returns [height · width · 3, 4], row by row, the widest of a position first.
 */
export function levelAnchors({ stride, height, width }: Level, side: number): Boxes {
  const shapes = ANCHOR_RATIOS.map((ratio) => {
    const root = Math.sqrt(ratio);
    return { x: roundHalfToEven(side / root / 2), y: roundHalfToEven(side * root / 2) };
  });
  const anchors = new Float32Array(height * width * shapes.length * 4);
  let at = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (const { x, y } of shapes) {
        anchors.set([column * stride - x, row * stride - y, column * stride + x, row * stride + y], at);
        at += 4;
      }
    }
  }
  return anchors;
}
