import type { Instances } from "./detect_instances.ts";
import type { Evidence } from "./evidence.ts";

/** A class that an image is labelled with but has no instance of. */
export interface MissingClass {
  /** Class, 0-based. */
  readonly class: number;
  /** Reason, in words. */
  readonly why: string;
}

/** Options of {@linkcode missingClasses}: labels of the image, and what its instances were made by. */
export interface MissingOptions {
  /** Classes of the image, 0-based. */
  readonly labels: readonly number[];
  /** Score of the background. */
  readonly threshold: number;
  /** Fraction of the image below which a region scores 0. */
  readonly fragment: number;
}

/**
 * Finds the classes that an image shows by its labels but of which `synthesizeInstances()` made no instance, fragments
 * aside, and says why.
 *
 * @param instances Instances of the image.
 * @param evidence Maps that they were made from.
 * @param options Labels and thresholds.
 */
export function missingClasses(
  { score, class: classes }: Pick<Instances, "score" | "class">,
  { keys, cams, boundary }: Pick<Evidence, "keys" | "cams" | "boundary">,
  { labels, threshold, fragment }: MissingOptions,
): MissingClass[] {
  const why = (label: number): string => {
    const map = Array.from(keys).indexOf(label), size = boundary.length;
    if (map < 0) return "it has no class attention map";
    if (!cams.subarray(map * size, (map + 1) * size).some((value) => value > threshold)) {
      return "its class attention map is empty, for the classifier does not see it";
    }
    if (classes.includes(label)) {
      return `its regions are smaller than ${100 * fragment}% of the image (synthesis.fragment)`;
    }
    return `it is weaker everywhere than another class, or than the background's score ${threshold} ` +
      "(synthesis.instanceThreshold)";
  };
  return labels.filter((label) => !classes.some((other, n) => other === label && score[n]! > 0))
    .map((label) => ({ class: label, why: why(label) }));
}
