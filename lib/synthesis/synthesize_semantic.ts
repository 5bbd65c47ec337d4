import { propagateEach } from "../affinity/mod.ts";
import type { LabelMap } from "../data/image.ts";
import { gridOf } from "./_grid.ts";
import { labelsOf, strongestUpsampled, upsampledMaximum } from "./_strongest.ts";
import type { Evidence, WalkSettings } from "./evidence.ts";
import { applyThreshold, type ScoredLabels } from "./score_cams.ts";

/** Threshold and walk. */
export interface SemanticOptions {
  /** Score of the background. */
  readonly threshold?: number;
  /** Settings of the random walk. */
  readonly walk?: WalkSettings;
}

/**
 * Pseudo semantic mask: class ids 1…, 0 background.
 *
 * As the instances', without clusters: CAMs walk, are brought to the size of the image, divided by the maximum of all
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
  return applyThreshold(scoreSemantic(evidence, walk), threshold);
}

/**
 * The best class of every pixel after the walk and its normalised score: what {@linkcode synthesizeSemantic}
 * thresholds, for sweeps over thresholds.
 *
 * @throws RangeError if an array has another size, or a value is out of range.
 */
export function scoreSemantic(evidence: Evidence, walk: WalkSettings = {}): ScoredLabels {
  const { height, width, keys, cams, boundary } = evidence;
  const grid = gridOf(evidence);
  const each = Array.from(
    { length: keys.length },
    (_, c) => cams.subarray(c * boundary.length, (c + 1) * boundary.length),
  );
  const maps = [...propagateEach(each, boundary, { height: grid.rows, width: grid.columns, ...walk })];
  const peak = maps.reduce((least, map) => upsampledMaximum(map, { height, width, ...grid, least }), 0);
  const { score, index } = strongestUpsampled(peak > 0 ? maps : [], { height, width, ...grid, peak, floor: 0 });
  return { height, width, score, label: labelsOf(index, keys) };
}
