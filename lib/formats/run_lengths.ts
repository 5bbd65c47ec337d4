import type { LabelMap } from "../files/png.ts";

/**
 * Mask as COCO counts it: column by column, from the top, the lengths of runs that are outside and inside in turn,
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
 * Counts the run lengths of a mask.
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
  const counts: number[] = [], { top, bottom, left, right } = boxOf({ height, width, data });
  let end = 0; // of the last run inside
  for (let x = left; x <= right; x++) {
    for (let y = top, i = top * width + x; y <= bottom; y++, i += width) {
      if (data[i] === 0) continue;
      const first = y;
      while (y <= bottom && data[i] !== 0) y++, i += width;
      const start = x * height + first;
      if (start === end && counts.length > 0) counts[counts.length - 1]! += y - first; // it goes on in this column
      else counts.push(start - end, y - first);
      end = x * height + y;
    }
  }
  if (end < data.length) counts.push(data.length - end);
  return { height, width, counts };
}

/** The rows and columns of a mask that are not empty. */
function boxOf({ height, width, data }: LabelMap): { top: number; bottom: number; left: number; right: number } {
  let first = 0, last = data.length - 1;
  while (first < data.length && data[first] === 0) first++;
  while (last >= first && data[last] === 0) last--;
  if (last < first) return { top: height, bottom: -1, left: width, right: -1 };
  const top = Math.floor(first / width), bottom = Math.floor(last / width);
  let left = width - 1, right = 0;
  for (let y = top; y <= bottom; y++) {
    const row = y * width;
    for (let x = 0; x < left; x++) if (data[row + x] !== 0) left = x;
    for (let x = width - 1; x > right; x--) if (data[row + x] !== 0) right = x;
  }
  return { top, bottom, left, right };
}

/**
 * Counts the run lengths of every value of a label map at once, by value; 0 has none.
 *
 * @example
 * ```ts
 * import { labelRuns } from "./run_lengths.ts";
 * labelRuns({ height: 2, width: 2, data: Uint8Array.of(0, 7, 9, 7) }).get(7)!.counts; // 2 2
 * ```
 */
export function labelRuns({ height, width, data }: LabelMap): Map<number, RunLengths> {
  const found = new Map<number, { counts: number[]; end: number }>();
  let value = 0, start = 0, at = 0;
  const close = () => {
    if (value > 0) {
      let run = found.get(value);
      if (!run) found.set(value, run = { counts: [], end: 0 });
      run.counts.push(start - run.end, at - start);
      run.end = at;
    }
  };
  for (let x = 0; x < width; x++) {
    for (let i = x; i < data.length; i += width, at++) {
      if (data[i] === value) continue;
      close();
      [value, start] = [data[i]!, at];
    }
  }
  close();
  return new Map(Array.from(found, ([value, { counts, end }]) => {
    if (end < data.length) counts.push(data.length - end);
    return [value, { height, width, counts }];
  }));
}

/** Places of the pixels inside, in an image [H, W] whose rows follow each other, column by column. */
export function* pixelsOfRuns({ height, width, counts }: RunLengths): Generator<number> {
  let at = 0;
  for (const [n, count] of counts.entries()) {
    if (n % 2 === 1) {
      for (let pixel = at; pixel < at + count; pixel++) yield (pixel % height) * width + Math.floor(pixel / height);
    }
    at += count;
  }
}

/** Joins masks of one size to what is inside any of them. @throws RangeError if there is none, or their sizes differ. */
export function uniteRuns(masks: readonly RunLengths[]): RunLengths {
  const [first] = masks;
  if (!first) throw new RangeError("Expected at least one mask but found none");
  for (const mask of masks) expectOneSize(first, mask);
  if (masks.length === 1) return first;
  const { height, width } = first;
  const parts = masks.flatMap(({ counts }) => {
    let at = 0;
    return counts.flatMap((count, n) => {
      at += count;
      return n % 2 === 1 && count > 0 ? [[at - count, at] as const] : [];
    });
  }).sort(([a], [b]) => a - b);
  const counts: number[] = [];
  let from = 0, to = 0, done = 0; // the run being joined, and where the one before it ended
  for (const [start, end] of parts) {
    if (start > to) {
      if (to > from) counts.push(from - done, to - from);
      [from, done] = [start, to];
    }
    to = Math.max(to, end);
  }
  if (to > from) counts.push(from - done, to - from);
  if (to < height * width) counts.push(height * width - to);
  return { height, width, counts };
}

/** Makes the mask [H, W] of run lengths, 1 inside. @throws RangeError if they do not add up to the size. */
export function runsToMask(runs: RunLengths): LabelMap {
  const { height, width, counts } = runs, size = counts.reduce((sum, count) => sum + count, 0);
  if (size !== height * width) {
    throw new RangeError(`Expected runs over ${height}×${width} pixels but found ${size}`);
  }
  const data = new Uint8Array(size);
  for (const pixel of pixelsOfRuns(runs)) data[pixel] = 1;
  return { height, width, data };
}

/** Size and place of a mask. */
export interface MaskExtent {
  /** Pixels inside. */
  readonly area: number;
  /** Left, top, width and height of the smallest box around them; zeros where there are none. */
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

/** Measures area and bounding box of a mask, from its run lengths. */
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

/** Whether two boxes, as of {@linkcode measureRuns}, have pixels in common. */
export function boxesMeet(
  [ax, ay, aw, ah]: MaskExtent["box"],
  [bx, by, bw, bh]: MaskExtent["box"],
): boolean {
  return Math.min(ax + aw, bx + bw) > Math.max(ax, bx) && Math.min(ay + ah, by + bh) > Math.max(ay, by);
}

/**
 * Writes run lengths as COCO's compressed text.
 *
 * From the fourth length on, the difference to the one two before is stored. Each number is cut into groups of five
 * bits, the lowest first; a sixth bit says that more follow, and 48 makes a printable character of it. The fifth bit of
 * the last group is the sign.
 *
 * @param counts Lengths, each below 2³¹.
 * @returns The text.
 * @throws RangeError if a length is no whole number, negative or too large.
 * @example
 * ```ts
 * import { compressCounts } from "./run_lengths.ts";
 * compressCounts([6, 1, 40]); // 61X1
 * ```
 */
export function compressCounts(counts: readonly number[]): string {
  let text = "";
  counts.forEach((count, n) => {
    if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31) {
      throw new RangeError(`Expected lengths of 0 to 2³¹ − 1 but found ${count}`);
    }
    let rest = n > 2 ? count - counts[n - 2]! : count, more = true;
    while (more) {
      const group = rest & 31;
      rest >>= 5;
      more = rest !== (group & 16 ? -1 : 0);
      text += String.fromCharCode(48 + group + (more ? 32 : 0));
    }
  });
  return text;
}

/**
 * Reads run lengths from COCO's compressed text, the inverse of {@linkcode compressCounts}.
 *
 * @param text The text.
 * @returns Lengths.
 * @throws Error naming the place of a character that cannot stand there, or of a length below 0.
 */
export function expandCounts(text: string): number[] {
  const counts: number[] = [];
  for (let at = 0; at < text.length;) {
    const start = at;
    let value = 0, more = true;
    for (let shift = 0; more; shift += 5) {
      const code = text.charCodeAt(at) - 48;
      if (!(code >= 0 && code < 64)) {
        const found = at < text.length ? JSON.stringify(text[at]) : "the end";
        throw new Error(`Expected a character from 0 to o at place ${at} of the counts but found ${found}`);
      }
      if (shift > 30) throw new Error(`Expected a number of at most 7 characters at place ${start} of the counts`);
      value |= (code & 31) << shift;
      more = code >= 32;
      if (!more && code & 16 && shift < 30) value |= -1 << (shift + 5); // the sign
      at++;
    }
    if (counts.length > 2) value += counts[counts.length - 2]!;
    if (value < 0) throw new Error(`Expected lengths of at least 0 at place ${start} of the counts but found ${value}`);
    counts.push(value);
  }
  return counts;
}

/**
 * Pixels that are inside both of two masks, from their run lengths alone.
 *
 * @throws RangeError if their sizes differ.
 */
export function overlapOfRuns(a: RunLengths, b: RunLengths): number {
  expectOneSize(a, b);
  let i = 0, j = 0, left = a.counts[0] ?? 0, right = b.counts[0] ?? 0, both = 0;
  while (i < a.counts.length && j < b.counts.length) {
    const step = Math.min(left, right);
    if (i % 2 === 1 && j % 2 === 1) both += step;
    left -= step;
    right -= step;
    if (left === 0) left = a.counts[++i] ?? 0;
    if (right === 0) right = b.counts[++j] ?? 0;
  }
  return both;
}

/** @throws RangeError unless two masks have one size. */
function expectOneSize(a: RunLengths, b: RunLengths): void {
  if (a.height !== b.height || a.width !== b.width) {
    throw new RangeError(`Expected masks of one size but found ${a.height}×${a.width} and ${b.height}×${b.width}`);
  }
}
