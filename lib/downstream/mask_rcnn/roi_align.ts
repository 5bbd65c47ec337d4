import { alignRegions, type AxisSamples, type tf } from "../../tensor/mod.ts";
import type { Boxes } from "./boxes.ts";

/** Regions of the images of a batch. */
export interface Regions {
  /** [R, 4] in image pixels. */
  readonly boxes: Boxes;
  /** [R] image of the batch. */
  readonly image: ArrayLike<number>;
  /** [R] index of the map to read. */
  readonly level: ArrayLike<number>;
}

/** Options of {@linkcode roiAlign}. */
export interface RoiAlignOptions {
  /** Image pixels a feature, of each map. */
  readonly strides: readonly number[];
  /** Side of the result. */
  readonly size: number;
  /** Points a bin along each axis, which are averaged. Default: 2. */
  readonly samples?: number;
  /**
   * True where the centre of the first feature is half a stride into the image, where it is; else at its corner, as
   * Mask R-CNN in torchvision has it. Default: true.
   */
  readonly aligned?: boolean;
}

/**
 * Features of regions by bilinear sampling, without rounding their borders (Mask R-CNN, section "RoIAlign").
 *
 * @param maps Feature maps [B, h, w, C], of any h and w.
 * @param regions Regions, each of one image and one map.
 * @param options Strides and grid.
 * @returns [R, size, size, C], differentiable in all maps.
 * @throws RangeError if there is no region, or one names an image or a map that does not exist.
 */
export function roiAlign(
  maps: readonly tf.Tensor4D[],
  { regions, ...options }: RoiAlignOptions & { regions: Regions },
): tf.Tensor4D {
  const { strides, size, samples = 2, aligned = true } = options;
  const { boxes, image, level } = regions, count = boxes.length / 4;
  if (count === 0) throw new RangeError("Expected at least one region but found none");
  for (let r = 0; r < count; r++) {
    const map = maps[level[r]!];
    if (!map || !(image[r]! >= 0 && image[r]! < map.shape[0])) {
      throw new RangeError(
        `Expected a region of one of ${maps.length} maps but found map ${level[r]}, image ${image[r]}`,
      );
    }
  }
  const grid = { size, samples, aligned };
  const sampled = Array.from({ length: count }, (_, r) => {
    const [, height, width] = maps[level[r]!]!.shape, stride = strides[level[r]!]!;
    const [left, top, right, bottom] = boxes.subarray(4 * r, 4 * r + 4) as unknown as [number, number, number, number];
    return {
      map: level[r]!,
      image: image[r]!,
      rows: axisSamples({ from: top, to: bottom, stride, extent: height }, grid),
      columns: axisSamples({ from: left, to: right, stride, extent: width }, grid),
    };
  });
  return alignRegions(maps, { regions: sampled, size, samples });
}

/** An interval on an axis of a feature map. */
interface Interval {
  /** First coordinate, in image pixels. */
  readonly from: number;
  /** Last coordinate, in image pixels. */
  readonly to: number;
  /** Image pixels a feature. */
  readonly stride: number;
  /** Number of features. */
  readonly extent: number;
}

/**
 * Points evenly within the bins of an interval.
 *
 * @param grid `size`: bins; `samples`: points a bin; `aligned`: whether the centre of the first feature is at half a
 * stride, else at 0, where intervals are at least one feature long.
 * @returns `size` · `samples` points.
 */
function axisSamples(
  { from, to, stride, extent }: Interval,
  { size, samples, aligned }: { size: number; samples: number; aligned: boolean },
): AxisSamples {
  const count = size * samples, start = from / stride - (aligned ? 0.5 : 0);
  const length = aligned ? (to - from) / stride : Math.max((to - from) / stride, 1);
  const low = new Int32Array(count), high = new Int32Array(count), fraction = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const place = start + (i + 0.5) * length / count;
    if (place < -1 || place > extent) {
      low[i] = -1;
      continue;
    }
    const inside = Math.min(Math.max(place, 0), extent - 1);
    low[i] = Math.min(Math.floor(inside), extent - 1);
    high[i] = Math.min(low[i]! + 1, extent - 1);
    fraction[i] = inside - low[i]!;
  }
  return { low, high, fraction };
}
