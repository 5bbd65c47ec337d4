/**
 * The candidate that a word becomes with the fewest edits: letters inserted, deleted or replaced, whatever their case.
 *
 * @param word What was found.
 * @param candidates What was expected.
 * @returns The nearest candidate, or `null` where there are no candidates.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  let best: string | null = null, least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Least number of letters to insert, delete or replace to make one word of the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    }
    row = next;
  }
  return row[b.length]!;
}
