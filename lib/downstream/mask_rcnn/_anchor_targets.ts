import { encodeBoxes, PROPOSAL_WEIGHTS } from "./box_coding.ts";
import { type Boxes, pickBoxes } from "./boxes.ts";
import type { WeightedTargets } from "./losses.ts";
import { matchBoxes } from "./match_boxes.ts";
import { sampleMatches } from "./sample_matches.ts";
import type { TrainingView } from "./augment_instances.ts";
import { random } from "../../data/mod.ts";

/** Below and from these IoUs on an anchor is background or an object (Faster R-CNN, section "Loss Function"). */
const LOW = 0.3, HIGH = 0.7;
const SHARE = 0.5;

/** What the anchors of some images should say. */
export interface AnchorTargets {
  /** [B, A]. */
  readonly objectness: WeightedTargets;
  /** [B, A, 4]. */
  readonly codes: WeightedTargets;
}

/** Draws anchors of each image to learn from; their weights are one over their number and that of the images. */
export function anchorTargets(
  views: readonly TrainingView[],
  { anchors, count, batch }: { anchors: Boxes; count: number; batch: number },
): AnchorTargets {
  const each = anchors.length / 4, values = views.length * each;
  const objectness = { targets: new Float32Array(values), weights: new Float32Array(values) };
  const codes = { targets: new Float32Array(4 * values), weights: new Float32Array(4 * values) };
  for (const [v, { boxes, key }] of views.entries()) {
    const matches = matchBoxes(anchors, { truths: boxes, low: LOW, high: HIGH, everyTruth: true });
    const { objects, background } = sampleMatches(matches, {
      count,
      share: SHARE,
      draw: random(...key, "anchors"),
    });
    const weight = 1 / (batch * (objects.length + background.length)), first = v * each;
    const targets = encodeBoxes(pickBoxes(anchors, objects), {
      boxes: pickBoxes(boxes, objects.map((i) => matches[i]!)),
      weights: PROPOSAL_WEIGHTS,
    });
    for (const i of background) objectness.weights[first + i] = weight;
    objects.forEach((i, n) => {
      objectness.targets[first + i] = 1;
      objectness.weights[first + i] = weight;
      codes.targets.set(targets.subarray(4 * n, 4 * n + 4), 4 * (first + i));
      codes.weights.fill(weight, 4 * (first + i), 4 * (first + i) + 4);
    });
  }
  return { objectness, codes };
}
