import { random } from "../../data/mod.ts";
import { BOX_WEIGHTS, encodeBoxes, PROPOSAL_WEIGHTS } from "./anchors.ts";
import type { TrainingView } from "./augment_instances.ts";
import { type Boxes, joinBoxes, pickBoxes } from "./boxes.ts";
import type { WeightedTargets } from "./losses.ts";
import { maskTarget } from "./masks.ts";
import { matchBoxes, sampleMatches } from "./matching.ts";
import { MASK_SIZE } from "./network.ts";

/** Below and from these IoUs on an anchor is background or an object (Faster R-CNN, section "Loss Function"). */
const LOW = 0.3, HIGH = 0.7;

/** Largest fraction of the drawn anchors that match an object. */
const ANCHOR_FRACTION = 0.5;

/** Targets of the anchors of some images. */
interface AnchorTargets {
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
    const matches = matchBoxes(anchors, { objects: boxes, low: LOW, high: HIGH, everyObject: true });
    const { objects, background } = sampleMatches(matches, {
      count,
      fraction: ANCHOR_FRACTION,
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

/** From this IoU on a region shows an object (Mask R-CNN, section "Implementation Details"). */
const OVERLAP = 0.5;

/** Largest fraction of the drawn regions that show an object. */
const REGION_FRACTION = 0.25;

/** Regions to learn from, and their targets. */
interface RegionTargets {
  /** All regions. */
  readonly regions: { readonly boxes: Boxes; readonly image: number[] };
  /** [R] labels, 0 background. */
  readonly classes: { readonly labels: number[]; readonly weights: Float32Array };
  /** [R, classes, 4]. */
  readonly codes: WeightedTargets;
  /** The regions that show objects. */
  readonly objects: { readonly boxes: Boxes; readonly image: number[] };
  /** [P, 2 · 14, 2 · 14, classes]. */
  readonly masks: WeightedTargets;
}

/**
 * Draws regions of each image from its proposals and its objects' boxes; their weights are one over their number and
 * that of the images. `count` regions an image, `batch` images in the whole batch, `side` pixels of the canvas.
 */
export function regionTargets(
  views: readonly TrainingView[],
  { proposed, count, classes, batch, side }: {
    proposed: readonly Boxes[];
    count: number;
    classes: number;
    batch: number;
    side: number;
  },
): RegionTargets {
  const drawn = views.map(({ boxes, classes: labels, masks, key }, v) => {
    const all = joinBoxes(proposed[v]!, boxes);
    const matches = matchBoxes(all, { objects: boxes, low: OVERLAP, high: OVERLAP });
    const { objects, background } = sampleMatches(matches, {
      count,
      fraction: REGION_FRACTION,
      draw: random(...key, "regions"),
    });
    const matched = objects.map((i) => matches[i]!), shown = pickBoxes(all, objects);
    return {
      boxes: joinBoxes(shown, pickBoxes(all, background)),
      shown,
      labels: matched.map((t) => labels[t]!),
      codes: encodeBoxes(shown, { boxes: pickBoxes(boxes, matched), weights: BOX_WEIGHTS }),
      masks: matched.map((t) => masks[t]!),
    };
  });

  const cells = (2 * MASK_SIZE) ** 2;
  const numberOf = (part: "boxes" | "shown") => drawn.map((one) => one[part].length / 4);
  const regions = sum(numberOf("boxes")), objects = sum(numberOf("shown"));
  const labels = new Array<number>(regions).fill(0), weights = new Float32Array(regions);
  const codes = emptyTargets(regions * classes * 4), masks = emptyTargets(objects * cells * classes);
  let first = 0, firstObject = 0;
  for (const one of drawn) {
    const total = one.boxes.length / 4, weight = 1 / (batch * total);
    weights.fill(weight, first, first + total);
    const maskWeight = 1 / (batch * one.labels.length * cells);
    one.labels.forEach((label, n) => {
      labels[first + n] = label + 1;
      const at = ((first + n) * classes + label) * 4;
      codes.targets.set(one.codes.subarray(4 * n, 4 * n + 4), at);
      codes.weights.fill(weight, at, at + 4);
      const box = one.shown.subarray(4 * n, 4 * n + 4);
      maskTarget(one.masks[n]!, { width: side, box, size: 2 * MASK_SIZE }).forEach((fraction, cell) => {
        const value = ((firstObject + n) * cells + cell) * classes + label;
        masks.targets[value] = fraction;
        masks.weights[value] = maskWeight;
      });
    });
    first += total;
    firstObject += one.labels.length;
  }
  return {
    regions: { boxes: drawn.map(({ boxes }) => boxes).reduce(joinBoxes), image: repeated(numberOf("boxes")) },
    classes: { labels, weights },
    codes,
    objects: { boxes: drawn.map(({ shown }) => shown).reduce(joinBoxes), image: repeated(numberOf("shown")) },
    masks,
  };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** 0 as often as the first number says, 1 as often as the second, …. */
const repeated = (counts: readonly number[]) => counts.flatMap((count, i) => new Array<number>(count).fill(i));

function emptyTargets(length: number): WeightedTargets {
  return { targets: new Float32Array(length), weights: new Float32Array(length) };
}
