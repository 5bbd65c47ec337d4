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

/** Settings of the random walk; its grid follows from the image. */
export interface WalkSettings {
  /** Search radius, pixels at stride 4. */
  readonly radius?: number;
  /** Exponent on affinities. */
  readonly beta?: number;
  /** Steps of the walk. */
  readonly steps?: number;
}
