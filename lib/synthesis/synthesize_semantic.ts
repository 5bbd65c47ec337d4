import { propagateEach } from "../affinity/mod.ts";
import type { LabelMap } from "../data/image.ts";
import { gridOf, labelsOf, type Strip, strongest, strongestStrips, upsampledMaximum } from "./_strongest.ts";
import type { Evidence, WalkSettings } from "./evidence.ts";

/**
 * Best class of every pixel and its score: a label map for any threshold.
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
 * import { applyThreshold, scoreCams } from "./synthesize_semantic.ts";
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
  const data = new Uint8Array(label.length);
  for (let i = 0; i < data.length; i++) if (score[i]! > limit) data[i] = label[i]!;
  return { height, width, data };
}

/** Options of {@linkcode synthesizeSemantic}: threshold and walk. */
export interface SemanticOptions {
  /** Score of the background. */
  readonly threshold?: number;
  /** Settings of the random walk. */
  readonly walk?: WalkSettings;
}

/**
 * Synthesizes a pseudo semantic mask: class ids 1…, 0 background.
 *
 * As with instances, but without clusters: CAMs walk, are brought to the size of the image, divided by the maximum of all
 * and compared with each other and the threshold.
 *
 * @throws RangeError if an array has another size, or a value is out of range.
 * @example
 * ```ts
 * import { synthesizeSemantic } from "./synthesize_semantic.ts";
 * const evidence = { height: 4, width: 4, keys: [7], cams: Float32Array.of(1), boundary: Float32Array.of(0) };
 * synthesizeSemantic(evidence).data; // 8 everywhere
 * ```
 */
export function synthesizeSemantic(
  evidence: Evidence,
  { threshold = 0.25, walk = {} }: SemanticOptions = {},
): LabelMap {
  const { height, width } = evidence.guide ?? evidence, data = new Uint8Array(height * width);
  for (const strip of scoreStrips(evidence, walk)) data.set(applyThreshold(strip, threshold).data, strip.top * width);
  return { height, width, data };
}

/**
 * Finds the best class of every pixel after the walk and its normalised score: what {@linkcode synthesizeSemantic}
 * thresholds, for sweeps over thresholds.
 *
 * @throws RangeError if an array has another size, or a value is out of range.
 */
export function scoreSemantic(evidence: Evidence, walk: WalkSettings = {}): ScoredLabels {
  const { height, width } = evidence.guide ?? evidence, size = height * width;
  const whole = { height, width, score: new Float32Array(size), label: new Uint8Array(size) };
  for (const { top, score, label } of scoreStrips(evidence, walk)) {
    whole.score.set(score, top * width);
    whole.label.set(label, top * width);
  }
  return whole;
}

/** As {@linkcode scoreSemantic}, of a few rows at a time where the evidence has a guide: memory does not grow with it. */
export function* scoreStrips(evidence: Evidence, walk: WalkSettings = {}): Generator<ScoredLabels & Strip> {
  const { height, width, keys, cams, boundary, guide } = evidence;
  const grid = gridOf(evidence);
  const each = Array.from(
    { length: keys.length },
    (_, c) => cams.subarray(c * boundary.length, (c + 1) * boundary.length),
  );
  const maps = [...propagateEach(each, boundary, { height: grid.rows, width: grid.columns, ...walk })];
  const peak = maps.reduce((least, map) => upsampledMaximum(map, { height, width, ...grid, least }), 0);
  const options = { height, width, ...grid, peak, floor: 0, guide };
  for (const { index, ...scores } of strongestStrips(peak > 0 ? maps : [], options)) {
    yield { ...scores, label: labelsOf(index, keys) };
  }
}
