import type { LabelMap } from "../data/image.ts";
import { labelsOf, strongest } from "./_strongest.ts";

/**
 * The best class of every pixel and how sure it is: a label map for any threshold.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `score` | [H, W] | f32 | value of the best class's map, 0…1 |
 * | `label` | [H, W] | u8 | class id 1…, 0 where no map is above zero |
 */
export interface ScoredLabels {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Values of the best maps. */
  readonly score: Float32Array;
  /** Class ids. */
  readonly label: Uint8Array;
}

/**
 * Compares the class maps of an image with each other.
 *
 * @param maps [C, H, W] f32, class attention maps at the size of the image, each divided by its maximum.
 * @param options `keys`: the maps' classes, 0-based, ascending; of equal maps the first wins.
 * @throws RangeError if `maps` does not hold C·H·W values.
 * @example
 * ```ts
 * import { applyThreshold, scoreCams } from "./score_cams.ts";
 * const maps = Float32Array.of(0.2, 0.5, 0.4, 0.3); // two classes, two pixels
 * applyThreshold(scoreCams(maps, { keys: [3, 14], height: 1, width: 2 }), 0.4); // 0 4
 * ```
 */
export function scoreCams(
  maps: Float32Array,
  { keys, height, width }: { readonly keys: ArrayLike<number>; readonly height: number; readonly width: number },
): ScoredLabels {
  if (maps.length !== keys.length * height * width) {
    throw new RangeError(`Expected CAMs of ${keys.length}×${height}×${width} values but found ${maps.length}`);
  }
  const { score, index } = strongest(maps, { height, width, floor: 0 });
  return { height, width, score, label: labelsOf(index, keys) };
}

/** Labels pixels whose score exceeds a threshold 0…1 with their class, the others background. */
export function applyThreshold({ height, width, score, label }: ScoredLabels, threshold: number): LabelMap {
  const limit = Math.fround(threshold); // the released code compares in single precision
  return { height, width, data: label.map((id, i) => score[i]! > limit ? id : 0) };
}
