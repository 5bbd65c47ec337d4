/** Lists of image ids. */
export interface AugmentedSources {
  /** The training list of the SBD. */
  readonly sbdTrain: readonly string[];
  /** The validation list of the SBD. */
  readonly sbdVal: readonly string[];
  /** The training list of VOC 2012's segmentation task. */
  readonly vocTrain: readonly string[];
  /** The validation list of VOC 2012's segmentation task. */
  readonly vocVal: readonly string[];
}

/**
 * The augmented training list, `train_aug`: all images with masks in the SBD or in VOC's training list, without those of
 * VOC's validation list. With the complete lists these are 10,582 images.
 *
 * @param sources The four lists.
 * @returns The ids in ascending order.
 */
export function augmentedList({ sbdTrain, sbdVal, vocTrain, vocVal }: AugmentedSources): string[] {
  return [...new Set([...sbdTrain, ...sbdVal, ...vocTrain]).difference(new Set(vocVal))].sort();
}
