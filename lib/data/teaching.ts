/** Images on which a class needs to be, and not to be, for a classifier to learn it: fewer are called too few. */
export const FEW = 5;

/** Reasons why class names may not teach a classifier, in sentences. */
export interface TeachingDoubts {
  /** Why it can learn nothing at all; `null`: it can. */
  readonly hopeless: string | null;
  /** About single classes that it cannot learn, or hardly. */
  readonly doubts: readonly string[];
}

/**
 * Judges whether a classifier can learn classes from the names of what is in images: it needs images with and without
 * each.
 *
 * @param names Class names of every image.
 * @param classes All classes.
 * @example
 * ```ts
 * import { doubtTeaching } from "@irnet/irnet/data";
 * doubtTeaching([["cat"], ["cat"]], ["cat"]).hopeless; // "all 2 images show cat, so nothing tells it …"
 * ```
 */
export function doubtTeaching(names: readonly (readonly string[])[], classes: readonly string[]): TeachingDoubts {
  const total = names.length;
  const counts = classes.map((name) => ({ name, count: names.filter((those) => those.includes(name)).length }));
  const everywhere = counts.filter(({ count }) => count === total).map(({ name }) => name);
  if (counts.every(({ count }) => count === total || count === 0)) {
    const shown = everywhere.join(" and ");
    const hopeless = everywhere.length === 0
      ? `none of the ${total} images shows a class, so there is nothing to learn`
      : `all ${total} images show ${shown}, so nothing tells ${everywhere.length === 1 ? "it" : "them"} from the ` +
        `background: ${WITHOUT}`;
    return { hopeless, doubts: [] };
  }
  const nowhere = counts.filter(({ count }) => count === 0).map(({ name }) => name);
  const absent = nowhere.length > 0 ? [`in no image: ${nowhere.join(", ")}`] : [];
  const doubts = counts.flatMap(({ name, count }) => {
    const without = total - count;
    if (count > 0 && count < FEW) return [`class ${name} is in ${counted(count)}: too few to learn it from`];
    if (without >= FEW) return [];
    const extent = without === 0 ? "every image" : `all images but ${without}`;
    return [`class ${name} is in ${extent}, so too little tells it from the background: ${WITHOUT}`];
  });
  return { hopeless: null, doubts: [...absent, ...doubts] };
}

const WITHOUT = "add images without it, for example by init --negatives folder";

/** "1 image", "2 images". */
export function counted(images: number): string {
  return images === 1 ? "1 image" : `${images} images`;
}
