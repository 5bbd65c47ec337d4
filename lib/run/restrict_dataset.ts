import type { Dataset } from "../data/dataset.ts";

/** Which images of a data set a run knows of. */
export interface Restriction {
  /** The length to which every list is cut. */
  readonly limit: number;
  /** Images that every list then leaves out. */
  readonly without: ReadonlySet<string>;
}

/**
 * A data set whose lists hold fewer images, the same for every stage. Lists are cut before images are left out: an
 * image that turns out to be unreadable does not draw in one that earlier stages have not seen.
 */
export function restrictDataset(dataset: Dataset, { limit, without }: Restriction): Dataset {
  if (limit === Infinity && without.size === 0) return dataset;
  return {
    classes: dataset.classes,
    list: (name) => dataset.list(name).slice(0, limit).filter((id) => !without.has(id)),
    labels: (id) => dataset.labels(id),
    imagePath: (id) => dataset.imagePath(id),
    readImage: (id) => dataset.readImage(id),
    maskPaths: (id) => dataset.maskPaths(id),
    readClassMask: (id) => dataset.readClassMask(id),
    readInstanceMask: (id) => dataset.readInstanceMask(id),
  };
}
