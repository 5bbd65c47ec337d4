import { strongest } from "./_strongest.ts";
import { detectInstances, type Instances } from "./detect_instances.ts";

/** Classes, size and thresholds. */
export interface CamInstanceOptions {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Classes of the maps, 0-based, ascending. */
  readonly keys: ArrayLike<number>;
  /** Score of the background. */
  readonly threshold?: number;
  /** Share of the image below which a region scores 0. */
  readonly fragment?: number;
}

/**
 * Instances without IRNet: connected regions of thresholded class attention maps. The paper's baseline of an ablation;
 * {@linkcode synthesizeInstances} without clusters is the next, with boundaries only.
 *
 * @param maps [C, H, W] f32, class attention maps at the size of the image, each divided by its maximum.
 * @throws RangeError if `maps` does not hold C·H·W values.
 */
export function instancesFromCams(
  maps: Float32Array,
  { height, width, keys, threshold = 0.15, fragment = 0.01 }: CamInstanceOptions,
): Instances {
  if (maps.length !== keys.length * height * width) {
    throw new RangeError(`Expected CAMs of ${keys.length}×${height}×${width} values but found ${maps.length}`);
  }
  const { score, index } = strongest(maps, { height, width, floor: threshold });
  return detectInstances(index, { height, width, classes: keys, score, fragment });
}
