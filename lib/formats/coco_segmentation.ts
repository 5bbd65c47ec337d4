import { expectList, expectNumber, expectObject, expectSide, showJson } from "../files/json.ts";
import { expandCounts, type RunLengths, uniteRuns } from "./run_lengths.ts";

/** Size of an image, and what messages call a segmentation, such as `annotation 7 of instances.json`. */
export interface SegmentationPlace {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Its name in messages. */
  readonly name: string;
}

/**
 * Reads a `segmentation` of COCO: compressed run lengths, plain ones, or a list of polygons, of which it is the union.
 *
 * Polygons of fewer than three corners hold no pixel, as in COCO's tools.
 *
 * @param segmentation What the JSON holds.
 * @param place Size of the image, and what messages call it.
 * @returns Its run lengths; `null` where it says nothing: no value, no polygon, none of three corners.
 * @throws Error naming the segmentation if it is none of the three, damaged or of another size.
 * @example
 * ```ts
 * import { readSegmentation } from "./coco_segmentation.ts";
 * readSegmentation({ size: [2, 2], counts: [2, 2] }, { height: 2, width: 2, name: "a mask" })!.counts; // 2 2
 * ```
 */
export function readSegmentation(segmentation: unknown, place: SegmentationPlace): RunLengths | null {
  if (segmentation === undefined || segmentation === null) return null;
  if (!Array.isArray(segmentation)) return readRuns(segmentation, place);
  const parts = segmentation.flatMap((part, n) =>
    Array.isArray(part) || typeof part !== "object" ? readPolygon(part, n, place) : [readRuns(part, place)]
  );
  return parts.length === 0 ? null : uniteRuns(parts);
}

function readPolygon(polygon: unknown, n: number, { height, width, name }: SegmentationPlace): RunLengths[] {
  const place = `polygon ${n} in the segmentation of ${name}`;
  const numbers = expectList(polygon, place).map((value) => expectNumber(value, `coordinate in ${place}`));
  if (numbers.length < 6 && numbers.length % 2 === 0) return [];
  try {
    return [polygonToRuns(numbers, { height, width })];
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`);
  }
}

function readRuns(value: unknown, { height, width, name }: SegmentationPlace): RunLengths {
  if (typeof value !== "object") {
    throw new Error(`Expected run lengths or polygons as segmentation of ${name} but found ${showJson(value)}`);
  }
  const { size, counts } = expectObject(value, `segmentation of ${name}`);
  const sides = expectList(size, `size in the segmentation of ${name}`)
    .map((side) => expectSide(side, `size in the segmentation of ${name}`));
  if (sides.length !== 2 || sides[0] !== height || sides[1] !== width) {
    throw new Error(
      `Expected a size of [${height}, ${width}] in the segmentation of ${name} but found ${showJson(size)}`,
    );
  }
  const lengths = typeof counts === "string" ? expanded(counts, name) : readCounts(counts, name);
  const pixels = lengths.reduce((sum, length) => sum + length, 0);
  if (pixels !== height * width) {
    throw new Error(`Expected counts of ${height * width} pixels in the segmentation of ${name} but found ${pixels}`);
  }
  return { height, width, counts: lengths };
}

function expanded(text: string, name: string): number[] {
  try {
    return expandCounts(text);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

function readCounts(counts: unknown, name: string): number[] {
  return expectList(counts, `counts in the segmentation of ${name}`).map((count) => {
    if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
    throw new Error(`Expected whole numbers as counts in the segmentation of ${name} but found ${showJson(count)}`);
  });
}

const FINE = 5;

// points are placed on a grid this many times as fine as the pixels

/**
 * Draws a polygon as the run lengths of its inside, exactly as COCO's tools do.
 *
 * Its outline is walked on a grid of a fifth of a pixel. Where it crosses the centre line of a column, the pixels below
 * change sides; sorted along the columns, those places are the ends of the runs.
 *
 * @param polygon x, y of each corner in pixels, 0, 0 the upper left corner of the image; it closes by itself.
 * @param size Of the image, pixels.
 * @returns The runs.
 * @throws RangeError if there are fewer than three corners, or one lies far outside the image.
 * @example
 * ```ts
 * import { polygonToRuns } from "./coco_segmentation.ts";
 * polygonToRuns([1, 1, 3, 1, 3, 3, 1, 3], { height: 4, width: 4 }).counts; // 5 2 2 2 5
 * ```
 */
export function polygonToRuns(
  polygon: readonly number[],
  { height, width }: { readonly height: number; readonly width: number },
): RunLengths {
  if (polygon.length < 6 || polygon.length % 2 > 0) {
    throw new RangeError(`Expected x and y of at least three corners but found ${polygon.length} numbers`);
  }
  const limit = 4 * Math.max(height, width) + 1000; // the outline is walked step by step
  const strange = polygon.find((value) => !(Math.abs(value) <= limit));
  if (strange !== undefined) {
    throw new RangeError(`Expected coordinates near the image of ${height}×${width} pixels but found ${strange}`);
  }

  const turns: number[] = []; // pixels, counted along the columns, at which inside and outside change places
  let before: Point | null = null;
  for (const point of outline(polygon.map((value) => Math.trunc(value * FINE + 0.5)))) {
    if (before && point.x !== before.x) {
      const column = (Math.min(point.x, before.x) - 2) / FINE; // whole on a centre line
      if (Number.isInteger(column) && column >= 0 && column < width) {
        const row = Math.ceil((Math.min(point.y, before.y) - 2) / FINE);
        turns.push(column * height + Math.min(Math.max(row, 0), height));
      }
    }
    before = point;
  }
  turns.sort((a, b) => a - b);

  const ends: number[] = [];
  for (const turn of [...turns, height * width]) { // two at one place cancel
    if (ends.at(-1) === turn) ends.pop();
    else ends.push(turn);
  }
  if (ends.at(-1) !== height * width) ends.push(height * width);
  const counts = ends.map((end, n) => end - (ends[n - 1] ?? 0));
  return { height, width, counts };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** All grid points of the outline: one for each step along the longer side of every edge, its last corner included. */
function* outline(corners: readonly number[]): Generator<Point> {
  for (let i = 0; i < corners.length; i += 2) {
    const next = (i + 2) % corners.length;
    const from = { x: corners[i]!, y: corners[i + 1]! }, to = { x: corners[next]!, y: corners[next + 1]! };
    const [dx, dy] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)], wide = dx >= dy;
    const backwards = wide ? from.x > to.x : from.y > to.y;
    const [first, last] = backwards ? [to, from] : [from, to]; // rounding does not depend on the direction
    const length = wide ? dx : dy;
    const slope = length === 0 ? 0 : wide ? (last.y - first.y) / dx : (last.x - first.x) / dy;
    for (let step = 0; step <= length; step++) {
      const t = backwards ? length - step : step;
      yield wide
        ? { x: first.x + t, y: Math.trunc(first.y + slope * t + 0.5) }
        : { x: Math.trunc(first.x + slope * t + 0.5), y: first.y + t };
    }
  }
}
