import type { RunLengths } from "./run_lengths.ts";

const FINE = 5; // points are placed on a grid this many times as fine as the pixels

/**
 * A polygon → the run lengths of its inside, exactly as COCO's tools draw it.
 *
 * Its outline is walked on a grid of a fifth of a pixel. Where it crosses the centre line of a column, the pixels below
 * change sides; sorted along the columns, those places are the ends of the runs.
 *
 * @param polygon x, y of each corner in pixels, 0, 0 the upper left corner of the picture; it closes by itself.
 * @param size The picture.
 * @returns The runs.
 * @throws RangeError if there are fewer than three corners, or one lies far outside the picture.
 * @example
 * ```ts
 * import { polygonToRuns } from "./polygon_runs.ts";
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
    throw new RangeError(`Expected coordinates near the picture of ${height}×${width} pixels but found ${strange}`);
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
