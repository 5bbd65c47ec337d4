import { type Boxes, boxIou } from "./boxes.ts";

/** What suppresses what. */
export interface SuppressionOptions {
  /** [N] scores; of equal ones the first box is the better. */
  readonly scores: ArrayLike<number>;
  /** Boxes that overlap a better one by more are left out. */
  readonly iou: number;
  /** [N] Boxes of different groups leave each other alone. Absent: one group. */
  readonly groups?: ArrayLike<number>;
  /** Number of boxes to keep. Default: all. */
  readonly most?: number;
}

/**
 * Non-maximum suppression.
 *
 * @param boxes [N, 4].
 * @param options Scores, threshold and groups.
 * @returns Indices of the boxes that stay, best first.
 */
export function suppress(boxes: Boxes, { scores, iou, groups, most = Infinity }: SuppressionOptions): number[] {
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const kept: number[] = [];
  const rivals = new Map<number, number[]>(); // kept boxes by group
  for (const i of order) {
    if (kept.length >= most) break;
    const group = groups?.[i] ?? 0;
    const better = rivals.get(group) ?? [];
    if (better.some((k) => boxIou(boxes, i, { boxes, index: k }) > iou)) continue;
    better.push(i);
    rivals.set(group, better);
    kept.push(i);
  }
  return kept;
}
