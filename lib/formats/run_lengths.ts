import type { LabelMap } from "../data/image.ts";

/**
 * A mask as COCO counts it: column by column, from the top, the lengths of runs that are outside and inside in turn,
 * the first one outside and perhaps 0.
 */
export interface RunLengths {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Lengths, which add up to H·W. */
  readonly counts: readonly number[];
}

/**
 * A mask → its run lengths.
 *
 * @param mask [H, W], not zero inside.
 * @returns The runs; only the first may be empty.
 * @throws RangeError if the mask holds another number of values than its size says.
 * @example
 * ```ts
 * import { maskToRuns } from "./run_lengths.ts";
 * maskToRuns({ height: 2, width: 2, data: Uint8Array.of(0, 1, 0, 1) }).counts; // 2 2
 * ```
 */
export function maskToRuns({ height, width, data }: LabelMap): RunLengths {
  if (data.length !== height * width) {
    throw new RangeError(`Expected a mask of ${height}×${width} values but found ${data.length}`);
  }
  const counts: number[] = [];
  let inside = false, length = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < data.length; i += width) {
      if ((data[i] !== 0) !== inside) {
        counts.push(length);
        inside = !inside;
        length = 0;
      }
      length++;
    }
  }
  if (length > 0) counts.push(length);
  return { height, width, counts };
}

/**
 * Sets the pixels inside to 1 and leaves the others as they are: several masks painted on one are their union.
 *
 * @param runs The runs.
 * @param data [H, W], which is changed.
 * @throws RangeError if there are more or fewer pixels than the runs tell of.
 */
export function paintRuns({ height, width, counts }: RunLengths, data: Uint8Array): void {
  const size = counts.reduce((sum, count) => sum + count, 0);
  if (size !== height * width || data.length !== size) {
    throw new RangeError(`Expected runs over ${height}×${width} pixels and as many values but found ${size}`);
  }
  let at = 0;
  counts.forEach((count, n) => {
    if (n % 2 === 1) {
      for (let pixel = at; pixel < at + count; pixel++) data[(pixel % height) * width + Math.floor(pixel / height)] = 1;
    }
    at += count;
  });
}

/** Run lengths → the mask, 1 inside. @throws RangeError if they do not add up to the size. */
export function runsToMask(runs: RunLengths): LabelMap {
  const { height, width } = runs;
  const data = new Uint8Array(height * width);
  paintRuns(runs, data);
  return { height, width, data };
}

/** Size and place of a mask. */
export interface MaskExtent {
  /** Pixels inside. */
  readonly area: number;
  /** Left, top, width and height of the smallest box around them; zeros where there are none. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** Area and bounding box of a mask, from its run lengths. */
export function measureRuns({ height, counts }: RunLengths): MaskExtent {
  let area = 0, left = Infinity, right = -1, top = Infinity, bottom = -1, at = 0;
  counts.forEach((count, n) => {
    const last = at + count - 1;
    if (n % 2 === 1 && count > 0) {
      area += count;
      const [from, to] = [Math.floor(at / height), Math.floor(last / height)];
      left = Math.min(left, from);
      right = to;
      top = Math.min(top, from < to ? 0 : at % height); // a run that goes on in the next column touches both edges
      bottom = Math.max(bottom, from < to ? height - 1 : last % height);
    }
    at += count;
  });
  return { area, box: area === 0 ? [0, 0, 0, 0] : [left, top, right - left + 1, bottom - top + 1] };
}
