/** What pictures are drawn from, besides photographs and label maps. */

/**
 * A map of one number a pixel, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [h, w] | f32 | row by row |
 */
export interface ScalarMap {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** h·w values. */
  readonly data: Float32Array;
}

/**
 * A displacement field, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `data` | [2, h, w] | f32 | (dy, dx) in pixels of the field |
 */
export interface VectorField {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** 2·h·w values. */
  readonly data: Float32Array;
}

/**
 * A class-agnostic instance map, of any size: it is stretched over the picture.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `map` | [h, w] | i32 | cluster of every pixel |
 */
export interface ClusterMap {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
  /** h·w clusters, from 0. */
  readonly map: Int32Array;
}

/** A size in pixels; photographs and label maps are of one. */
export interface PictureSize {
  /** Rows. */
  readonly height: number;
  /** Columns. */
  readonly width: number;
}
