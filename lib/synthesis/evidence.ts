import type { RgbImage } from "../data/image.ts";

/**
 * Evidence from which the masks of an image are synthesized; H×W is its size in pixels, h×w = ⌈H/4⌉×⌈W/4⌉ that at
 * stride 4.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `keys` | [C] | integers | classes named for the image, 0-based, ascending |
 * | `cams` | [C, h, w] | f32 | class attention maps of `keys`, each divided by its maximum |
 * | `boundary` | [h, w] | f32 | class-boundary probabilities 0…1 |
 */
export interface Evidence {
  /** Rows of the image, pixels. */
  readonly height: number;
  /** Columns of the image, pixels. */
  readonly width: number;
  /** Classes of the maps. */
  readonly keys: ArrayLike<number>;
  /** Class attention maps at stride 4. */
  readonly cams: Float32Array;
  /** Class-boundary probabilities at stride 4. */
  readonly boundary: Float32Array;
  /**
   * The image in the size that masks are wanted in, where the evidence comes from a smaller copy of it; absent or `null`:
   * masks have the size of the evidence.
   */
  readonly guide?: RgbImage | null;
}

/**
 * Raises the class attention maps of evidence to a power, before they walk: above 1 it holds back what is weak, so that
 * less of the background is reached. Several successors of IRNet do so, with 1.3 or 1.5.
 *
 * @param evidence Maps of an image; values that rounding left below 0 count as 0.
 * @param power The exponent; 1: the evidence as it is.
 * @throws RangeError if the power is not positive.
 * @example
 * ```ts
 * import { raiseCams } from "./evidence.ts";
 * const evidence = { height: 4, width: 8, keys: [7], cams: Float32Array.of(1, 0.5), boundary: Float32Array.of(0, 0) };
 * raiseCams(evidence, 2).cams; // 1 0.25
 * ```
 */
export function raiseCams(evidence: Evidence, power: number): Evidence {
  if (!(power > 0 && Number.isFinite(power))) throw new RangeError(`Expected a positive power but found ${power}`);
  return power === 1 ? evidence : { ...evidence, cams: evidence.cams.map((value) => Math.max(0, value) ** power) };
}

/** Settings of the random walk; its grid follows from the image. */
export interface WalkSettings {
  /** Search radius, pixels at stride 4. */
  readonly radius?: number;
  /** Exponent on affinities. */
  readonly beta?: number;
  /** Steps of the walk. */
  readonly steps?: number;
}
