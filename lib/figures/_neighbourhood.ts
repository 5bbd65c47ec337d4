/** A pixel and its neighbours within a radius, as the figures of relations and affinities show them. */
import { pathIndex, sourceIndices } from "../relation/path_index.ts";
import type { PictureSize } from "./maps.ts";

/** A square of pixels: its middle and how far it reaches from there. */
export interface Window {
  readonly row: number;
  readonly column: number;
  readonly reach: number;
}

/** @throws RangeError if a pixel lies outside of a map. */
export function expectWithin([row, column]: readonly [number, number], { height, width }: PictureSize): void {
  if (!(row >= 0 && row < height && column >= 0 && column < width)) {
    throw new RangeError(`Expected a pixel within ${height}×${width} but found (${row}, ${column})`);
  }
}

/** The values in a window, row by row; `outside` where there is no pixel. */
export function valuesAround(
  { height, width, data }: PictureSize & { readonly data: ArrayLike<number> },
  { row, column, reach }: Window,
  outside: number,
): number[] {
  const side = 2 * reach + 1;
  return Array.from({ length: side * side }, (_, i) => {
    const y = row - reach + Math.floor(i / side), x = column - reach + i % side;
    return y >= 0 && y < height && x >= 0 && x < width ? data[y * width + x]! : outside;
  });
}

/**
 * The pairs of the middle of a window [side, side] with its neighbours. `room` is the window with `reach` pixels of
 * `outside` around, so that each of its pixels can be the first of a pair; `pair` is a place in a list of all pairs of it.
 */
export function pairsOfMiddle<T extends Uint8Array | Float32Array>(window: T, radius: number, outside: number) {
  const index = pathIndex(radius), { reach, count, destinations } = index;
  const side = Math.sqrt(window.length), size = { height: side + 2 * reach, width: side + 2 * reach };
  const room = new (window.constructor as { new (length: number): T })(size.height * size.width).fill(outside) as T;
  for (let y = 0; y < side; y++) room.set(window.subarray(y * side, (y + 1) * side), (y + reach) * size.width + reach);
  const sources = sourceIndices(index, size);
  const placeOf = new Map(Array.from(sources, (pixel, s) => [pixel, s]));
  const pairAt = (d: number, y: number, x: number) =>
    d * sources.length + placeOf.get((y + reach) * size.width + x + reach)!;
  const neighbours = Array.from({ length: count }, (_, d) => {
    const dy = destinations[2 * d]!, dx = destinations[2 * d + 1]!;
    return [
      { y: reach + dy, x: reach + dx, pair: pairAt(d, reach, reach) },
      { y: reach - dy, x: reach - dx, pair: pairAt(d, reach - dy, reach - dx) },
    ];
  }).flat();
  return { index, size, room, neighbours };
}

/** A shape's outline in SVG, white on black: it shows on any ground. `shape` is an element without its end. */
export function outlined(shape: string): string {
  return `${shape} fill="none" stroke="#000" stroke-width="4"/>${shape} fill="none" stroke="#fff" stroke-width="2"/>`;
}
