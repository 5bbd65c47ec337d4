/**
 * Pairs of nearby pixels and the straight paths between them.
 * @module
 */

/** Destinations that a source pixel is paired with, and the path to each; offsets are (dy, dx) from the source. */
export interface PathIndex {
  /** Search radius in pixels: destinations lie closer than this. */
  readonly radius: number;
  /** Largest coordinate of an offset: ⌈radius⌉ − 1. */
  readonly reach: number;
  /** Number of destinations of each source. */
  readonly count: number;
  /** [count, 2] offsets of the destinations, ordered by the length of their path. */
  readonly destinations: Int32Array;
  /** [count + 1] where the path of each destination starts in `paths`, counted in points. */
  readonly starts: Int32Array;
  /** [starts[count], 2] offsets of the path points, destination first, source last. */
  readonly paths: Int32Array;
}

/** Height and width of a grid of pixels. */
export interface GridSize {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}

type Offset = readonly [dy: number, dx: number];

/** Half of the disc: to the right in the source's row, anywhere in the rows below. Each unordered pair occurs once. */
function halfDisc(radius: number, reach: number): Offset[] {
  const offsets: Offset[] = [];
  for (let dx = 1; dx <= reach; dx++) offsets.push([0, dx]);
  for (let dy = 1; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      if (dy * dy + dx * dx < radius * radius) offsets.push([dy, dx]);
    }
  }
  return offsets;
}

/** The pixels of the bounding rectangle that lie closer than one pixel to the line from (0, 0) to (dy, dx). */
function straightPath([dy, dx]: Offset): Offset[] {
  const points: Offset[] = [];
  for (let y = 0; y <= dy; y++) {
    for (let x = Math.min(dx, 0); x <= Math.max(dx, 0); x++) {
      if ((dy * x - dx * y) ** 2 < dy * dy + dx * dx) points.push([y, x]);
    }
  }
  const distance = ([y, x]: Offset) => Math.abs(y) + Math.abs(x);
  return points.sort((a, b) => distance(b) - distance(a)); // the sort is stable: ties stay in raster order
}

/**
 * Lists the pairs of pixels closer than `radius` and the pixels on the line between them
 * (paper: Inter-pixel Relation Mining from CAMs; Loss for Class Boundary Detection).
 *
 * The order of the destinations, by path length, is the order of the pair axis everywhere.
 *
 * @param radius Search radius in pixels (at stride 4); 5 gives 34 destinations, 10 gives 152.
 * @throws RangeError if `radius` is not a number above 1.
 * @example
 * ```ts
 * import { pathIndex } from "./path_index.ts";
 * const { count } = pathIndex(5); // 34
 * ```
 */
export function pathIndex(radius: number): PathIndex {
  if (!(radius > 1 && Number.isFinite(radius))) {
    throw new RangeError(`Expected a search radius above 1 pixel but found ${radius}`);
  }
  const reach = Math.ceil(radius) - 1;
  const pairs = halfDisc(radius, reach).map((destination) => ({ destination, path: straightPath(destination) }));
  pairs.sort((a, b) => a.path.length - b.path.length);
  const starts = new Int32Array(pairs.length + 1);
  pairs.forEach(({ path }, d) => starts[d + 1] = starts[d]! + path.length);
  return {
    radius,
    reach,
    count: pairs.length,
    destinations: Int32Array.from(pairs.flatMap(({ destination }) => destination)),
    starts,
    paths: Int32Array.from(pairs.flatMap(({ path }) => path.flat())),
  };
}

/**
 * Lists the pixels whose destinations all lie inside a grid, row-major: the source axis of pair arrays.
 *
 * @returns [rows·columns] indices into the grid; empty when the grid is too small.
 */
export function sourceIndices({ reach }: PathIndex, { height, width }: GridSize): Int32Array {
  const rows = Math.max(height - reach, 0), columns = Math.max(width - 2 * reach, 0);
  return Int32Array.from(
    { length: rows * columns },
    (_, s) => Math.floor(s / columns) * width + reach + s % columns,
  );
}
