/** Indices by descending score. Of equal scores the later comes first, as a reversed stable sort has it. */
export function byDescendingScore(scores: ArrayLike<number>): number[] {
  return Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]! || b - a);
}

/**
 * Average precision: the area under precision over recall, where precision is the best at this recall or a higher one.
 *
 * @param right Whether each answer, in any order, is right.
 * @param scores Confidences of the answers.
 * @param positives How many right answers there are. @returns NaN if there are none.
 */
export function areaUnderPrecision(right: ArrayLike<boolean>, scores: ArrayLike<number>, positives: number): number {
  if (positives === 0) return NaN;
  const precision: number[] = [], recall: number[] = [];
  let found = 0;
  for (const i of byDescendingScore(scores)) {
    if (right[i]) found++;
    precision.push(found / (precision.length + 1));
    recall.push(found / positives);
  }
  for (let i = precision.length - 2; i >= 0; i--) precision[i] = Math.max(precision[i]!, precision[i + 1]!);
  let area = 0;
  for (let i = 0; i < recall.length; i++) area += (recall[i]! - (recall[i - 1] ?? 0)) * precision[i]!;
  return area;
}
