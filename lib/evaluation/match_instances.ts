/** Instances of an image: N classes, 0-based, and [N, H, W] masks, not zero inside; masks may overlap. */
export interface InstanceMasks {
  /** Rows, pixels. */
  readonly height: number;
  /** Columns, pixels. */
  readonly width: number;
  /** Classes. */
  readonly class: ArrayLike<number>;
  /** Masks. */
  readonly mask: Uint8Array;
}

/** Instances that were predicted; `Instances` of the synthesis fits. */
export interface PredictedMasks extends InstanceMasks {
  /** Confidences. */
  readonly score: ArrayLike<number>;
}

/** All that average precision needs to know of one image, whatever its IoU threshold. */
export interface InstanceMatches {
  /** Classes of the true instances. */
  readonly truths: number[];
  /** The predicted instances in their order. */
  readonly found: {
    readonly class: number;
    readonly score: number;
    /** Index of the true instance of this class with the highest IoU, the first on ties; −1 if there is none. */
    readonly truth: number;
    /** That IoU, in single precision. */
    readonly iou: number;
  }[];
}

/**
 * Compares the predicted instances of one image with the true ones of the same class.
 *
 * @throws RangeError if the sizes differ, or a score is not finite.
 * @example
 * ```ts
 * import { matchInstances } from "./match_instances.ts";
 * const size = { height: 1, width: 4 };
 * const predicted = { ...size, class: [7], score: [0.9], mask: Uint8Array.of(0, 1, 1, 0) };
 * matchInstances(predicted, { ...size, class: [7], mask: Uint8Array.of(0, 1, 0, 0) }).found[0]; // truth 0, IoU 0.5
 * ```
 */
export function matchInstances(predicted: PredictedMasks, truth: InstanceMasks): InstanceMatches {
  const { height, width } = truth;
  const size = height * width;
  for (const [name, { class: classes, mask, ...sizes }] of Object.entries({ predicted, true: truth })) {
    if (sizes.height !== height || sizes.width !== width || mask.length !== classes.length * size) {
      throw new RangeError(
        `Expected ${name} masks of ${classes.length}×${height}×${width} values but found ${mask.length} of ` +
          `${sizes.height}×${sizes.width}`,
      );
    }
  }
  const { region, members } = regionsOf(truth);
  const areas = new Int32Array(truth.class.length);
  for (let i = 0; i < size; i++) for (const n of members[region[i]!]!) areas[n]!++;

  const found = Array.from(predicted.class, (c, p) => {
    const score = predicted.score[p]!;
    if (!Number.isFinite(score)) throw new RangeError(`Expected finite scores but found ${score}`);
    const counts = new Int32Array(members.length);
    for (let i = 0, at = p * size; i < size; i++) if (predicted.mask[at + i]) counts[region[i]!]!++;
    const overlaps = new Int32Array(truth.class.length);
    members.forEach((truths, r) => truths.forEach((n) => overlaps[n]! += counts[r]!));
    const area = counts.reduce((sum, count) => sum + count, 0);

    let best = -1, highest = -1;
    for (let n = 0; n < overlaps.length; n++) {
      if (truth.class[n] !== c) continue;
      const iou = Math.fround(overlaps[n]! / Math.max(area + areas[n]! - overlaps[n]!, 1));
      if (iou > highest) [best, highest] = [n, iou];
    }
    return { class: c, score, truth: best, iou: Math.max(highest, 0) };
  });
  return { truths: Array.from(truth.class), found };
}

/** Numbers regions in which the same instances overlap, so that one pass over a mask counts all its intersections. */
function regionsOf({ class: classes, height, width, mask }: InstanceMasks) {
  const size = height * width;
  const region = new Int32Array(size);
  const members: number[][] = [[]];
  for (let n = 0; n < classes.length; n++) {
    const joined = new Map<number, number>(); // region so far → region inside this instance
    for (let i = 0, at = n * size; i < size; i++) {
      if (!mask[at + i]) continue;
      let inside = joined.get(region[i]!);
      if (inside === undefined) {
        inside = members.push([...members[region[i]!]!, n]) - 1;
        joined.set(region[i]!, inside);
      }
      region[i] = inside;
    }
  }
  return { region, members };
}
