/**
 * Watch over a training: whether its losses say that it diverged, or that it learned nothing.
 * @module
 */

/** Steps whose losses are looked at together. */
const WINDOW = 20;

/** Steps below which a loss that has not fallen says nothing. */
const LEAST_STEPS = 50;

/** A loss this many times as high as at the start, or as that of a constant answer, has diverged. */
const FACTOR = 10;

/** Loss below which none has diverged: that of a batch in which there is nothing to learn may be 0. */
const LEAST_LOSS = 0.5;

/** Fraction of the loss of a constant answer from which on a classifier has not learned more than that. */
const LIKE_CONSTANT = 0.97;

/** Losses of a training that went wrong. */
export interface LossProblem {
  /** What went wrong. */
  readonly kind: "diverged" | "learned nothing";
  /** Loss at the start. */
  readonly start: number;
  /** Median loss of the last steps. */
  readonly end: number;
  /** Number of these last steps. */
  readonly last: number;
}

/**
 * Judges losses, of which single ones may be high: the median of the last 20 steps counts, or of the later half of fewer.
 *
 * A training has diverged where that is ten times the loss at its start and ten times that of a constant answer. It has
 * learned nothing where it is over, had 50 steps, and its loss is not below that of a constant answer, or, where none is
 * known, not below the mean of the first three steps that had anything to learn.
 *
 * @param losses Loss of every step so far.
 * @param options `constant`: loss of the best answer that is the same for all images, absent where it is unknown;
 * `isOver`: no step follows. While some follow, less than 40 steps say nothing.
 * @returns The problem; `null` where there is none, or where it is too early to tell.
 * @example
 * ```ts
 * import { lossProblem } from "@irnet/irnet/train";
 * lossProblem([0.7, 0.9, 40, 200, 473, 794], { constant: 0.56, isOver: true })?.kind; // "diverged"
 * ```
 */
export function lossProblem(
  losses: readonly number[],
  { constant, isOver }: { readonly constant?: number | undefined; readonly isOver: boolean },
): LossProblem | null {
  const last = Math.min(WINDOW, losses.length >> 1), first = losses.filter((loss) => loss > 0).slice(0, 3);
  if (last < 2 || (!isOver && last < WINDOW)) return null;
  const end = median(losses.slice(-last)),
    start = first.reduce((sum, loss) => sum + loss, 0) / Math.max(1, first.length);
  const high = FACTOR * Math.max(losses[0]!, constant ?? 0, LEAST_LOSS);
  if (end > high) return { kind: "diverged", start: losses[0]!, end, last };
  const isTold = isOver && losses.length >= LEAST_STEPS;
  return isTold && end >= (constant === undefined ? start : LIKE_CONSTANT * constant)
    ? { kind: "learned nothing", start, end, last }
    : null;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
