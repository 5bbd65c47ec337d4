import { countConfusion, emptyConfusion } from "../evaluation/segmentation.ts";
import type { LabelMap } from "../data/image.ts";

/** Truth and names for {@linkcode failureReason}. */
export interface FailureReasonOptions {
  /** True classes, 255 void. */
  readonly truth: LabelMap;
  /** Names of all classes. */
  readonly classes: readonly string[];
}

/**
 * The worst of what is wrong with the labels of an image, in words: which class spills over, is missed or is taken for
 * another, and by how much.
 *
 * @param predicted Labels of an image.
 * @param options Truth and names.
 * @returns One sentence, such as `cat: 62 % missed, called background`.
 * @throws RangeError if the sizes differ or a label is not that of a class.
 */
export function failureReason(predicted: LabelMap, { truth, classes }: FailureReasonOptions): string {
  const labels = classes.length + 1, { counts } = countedConfusion(predicted, { truth, labels });
  const nameOf = (label: number) => label === 0 ? "background" : classes[label - 1]!;
  const at = (is: number, called: number) => counts[is * labels + called]!;
  const all = Array.from({ length: labels }, (_, label) => label);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

  const mistakes = all.flatMap((is) =>
    all.filter((called) => called !== is && at(is, called) > 0).map((called) => {
      const pixels = at(is, called);
      if (is === 0) {
        const share = pixels / sum(all.map((other) => at(other, called)));
        return { pixels, text: `${nameOf(called)}: ${percent(share)} of its mask lies on background` };
      }
      const share = pixels / sum(all.map((other) => at(is, other)));
      return { pixels, text: `${nameOf(is)}: ${percent(share)} missed, called ${nameOf(called)}` };
    })
  );
  mistakes.sort((a, b) => b.pixels - a.pixels);
  return mistakes[0]?.text ?? "nothing wrong";
}

function countedConfusion(predicted: LabelMap, { truth, labels }: { truth: LabelMap; labels: number }) {
  const confusion = emptyConfusion(labels);
  countConfusion(confusion, { predicted, groundTruth: truth, uncertainIsBackground: true });
  return confusion;
}

const percent = (share: number) => `${(100 * share).toFixed(0)}\u00a0%`;
