/**
 * Chooses for each class the score from which on an image counts as showing it: the one of the highest F1 on images
 * whose classes are known, half way to the next lower score; of several the lowest.
 *
 * @param scores A score for each class of each image, 0 to 1.
 * @param labels Classes of each image, 0-based.
 * @param classes Number of classes.
 * @returns A threshold for each class; `null` where no image shows it, or all do, so that nothing tells.
 * @example
 * ```ts
 * import { classThresholds } from "./class_thresholds.ts";
 * classThresholds([[0.9], [0.6], [0.2]], { labels: [[0], [0], []], classes: 1 }); // 0.4
 * ```
 */
export function classThresholds(
  scores: readonly (readonly number[])[],
  { labels, classes }: { labels: readonly (readonly number[])[]; classes: number },
): (number | null)[] {
  return Array.from({ length: classes }, (_, c) => {
    const images = scores.map((row, i) => ({ score: row[c]!, shown: labels[i]!.includes(c) }))
      .sort((a, b) => b.score - a.score);
    const positives = images.filter(({ shown }) => shown).length;
    if (positives === 0 || positives === images.length) return null;
    let right = 0, best = { f1: 0, threshold: 0.5 };
    for (const [i, { score, shown }] of images.entries()) {
      if (shown) right++;
      const next = images[i + 1]?.score ?? 0, f1 = 2 * right / (i + 1 + positives);
      if (next < score && f1 >= best.f1) best = { f1, threshold: (score + next) / 2 };
    }
    return best.threshold;
  });
}
