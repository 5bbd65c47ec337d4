/** Where RoIAlign reads along one axis. */
export interface AxisSamples {
  /** The lower of two neighbours; −1: outside of the map. */
  readonly low: Int32Array;
  /** The higher one. */
  readonly high: Int32Array;
  /** Share of the higher one. */
  readonly share: Float64Array;
}

/** An interval on an axis of a feature map. */
export interface Interval {
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
 * @param interval The interval.
 * @param grid `size`: bins; `samples`: points a bin; `aligned`: whether the centre of the first feature is at half a
 * stride, else at 0, where intervals are at least one feature long.
 * @returns `size` · `samples` points.
 */
export function axisSamples(
  { from, to, stride, extent }: Interval,
  { size, samples, aligned }: { size: number; samples: number; aligned: boolean },
): AxisSamples {
  const count = size * samples, start = from / stride - (aligned ? 0.5 : 0);
  const length = aligned ? (to - from) / stride : Math.max((to - from) / stride, 1);
  const low = new Int32Array(count), high = new Int32Array(count), share = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const place = start + (i + 0.5) * length / count;
    if (place < -1 || place > extent) {
      low[i] = -1;
      continue;
    }
    const inside = Math.min(Math.max(place, 0), extent - 1);
    low[i] = Math.min(Math.floor(inside), extent - 1);
    high[i] = Math.min(low[i]! + 1, extent - 1);
    share[i] = inside - low[i]!;
  }
  return { low, high, share };
}
