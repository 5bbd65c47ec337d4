import { classificationScores } from "./average_precision.ts";

/** How well a classifier tells the images of a class from the others. */
export interface ClassQuality {
  /** Name of the class. */
  readonly name: string;
  /** Number of images that show it. */
  readonly images: number;
  /** Average precision 0…1; NaN where no image shows the class. */
  readonly precision: number;
  /** Fraction of the images that show it: about the average precision of guessing. */
  readonly chance: number;
  /** Precision between guessing, 0, and perfection, 1; NaN where no image shows the class, or every one. */
  readonly skill: number;
}

/**
 * Judges a classifier class by class. Other than in {@linkcode classificationScores}, equal logits count against it: one
 * that gives the same answer for all images is not better than guessing.
 *
 * @param logits One array [C] for each image.
 * @param options `labels`: the classes of each image, 0-based; `classes`: their names.
 * @throws RangeError if an image has not one finite logit for each class, or there are not labels for each image.
 * @example
 * ```ts
 * import { classifierQuality } from "./classifier_quality.ts";
 * classifierQuality([[2], [1], [-1], [0]], { labels: [[0], [0], [], []], classes: ["cat"] })[0]?.skill; // 1
 * ```
 */
export function classifierQuality(
  logits: readonly ArrayLike<number>[],
  { labels, classes }: { readonly labels: readonly (readonly number[])[]; readonly classes: readonly string[] },
): ClassQuality[] {
  return classes.map((name, c) => {
    // Of equal scores the later image comes first: those without the class.
    const order = [...logits.keys()].sort((a, b) => Number(labels[b]?.includes(c)) - Number(labels[a]?.includes(c)));
    const sorted = order.map((i) => ({ logit: [logits[i]![c]!], shown: labels[i]!.includes(c) ? [0] : [] }));
    const { rows } = classificationScores(sorted.map(({ logit }) => logit), {
      labels: sorted.map(({ shown }) => shown),
      classes: [name],
    });
    const { images, precision } = rows[0]!, chance = images / logits.length;
    return { name, images, precision, chance, skill: chance < 1 ? (precision - chance) / (1 - chance) : NaN };
  });
}
