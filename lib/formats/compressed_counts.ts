/**
 * Run lengths → COCO's compressed text.
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
 * import { compressCounts } from "./compressed_counts.ts";
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
 * COCO's compressed text → run lengths, the inverse of {@linkcode compressCounts}.
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
