import { byDescendingScore } from "./_area_under_precision.ts";
import type { InstanceMatches } from "./match_instances.ts";

/** The predicted instances of one class in all images: how sure each is, and whether it counts as right. */
export function judgedInstances(
  matches: readonly InstanceMatches[],
  { class: c, iou }: { readonly class: number; readonly iou: number },
): { scores: number[]; right: boolean[]; truths: number } {
  const scores: number[] = [], right: boolean[] = [];
  let truths = 0;
  for (const image of matches) {
    truths += image.truths.filter((truth) => truth === c).length;
    const found = image.found.filter((one) => one.class === c);
    const taken = new Set<number>();
    for (const i of byDescendingScore(found.map(({ score }) => score))) {
      const one = found[i]!;
      const matching = one.truth >= 0 && one.iou >= Math.fround(iou);
      scores.push(one.score);
      right.push(matching && !taken.has(one.truth));
      if (matching) taken.add(one.truth);
    }
  }
  return { scores, right, truths };
}
