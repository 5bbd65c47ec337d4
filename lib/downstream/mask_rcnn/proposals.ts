import { decodeBoxes, PROPOSAL_WEIGHTS } from "./box_coding.ts";
import { type Boxes, clipBoxes, pickBoxes } from "./boxes.ts";
import { suppress } from "./suppress.ts";

/** Proposals overlap each other by at most this IoU. */
const OVERLAP = 0.7;
/** Least side of a proposal in pixels. */
const LEAST_SIDE = 1e-3;

/** How many proposals an image gets. */
export interface ProposalOptions {
  /** Size of the image, pixels. */
  readonly size: { readonly height: number; readonly width: number };
  /** Anchors of each level. */
  readonly anchors: readonly Boxes[];
  /** Of each level the best are looked at. */
  readonly perLevel: number;
  /** Proposals of the image. */
  readonly most: number;
}

/**
 * Where objects may be: of each level the likeliest anchors, moved as the network says, clipped, without those that
 * overlap a better one of their level.
 *
 * @param objectness [A] logits of all levels.
 * @param codes [A, 4].
 * @param options Anchors and numbers.
 * @returns Boxes, likeliest first.
 */
export function proposals(
  { objectness, codes }: { readonly objectness: Float32Array; readonly codes: Float32Array },
  { size, anchors, perLevel, most }: ProposalOptions,
): Boxes {
  const boxes: number[] = [], scores: number[] = [], groups: number[] = [];
  let first = 0;
  for (const [level, all] of anchors.entries()) {
    const count = all.length / 4, logits = objectness.subarray(first, first + count);
    const best = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, perLevel);
    const moved = decodeBoxes(pickBoxes(all, best), {
      codes: pickBoxes(codes, best.map((i) => first + i)),
      weights: PROPOSAL_WEIGHTS,
    });
    clipBoxes(moved, size);
    for (const [i, anchor] of best.entries()) {
      const box = moved.subarray(4 * i, 4 * i + 4);
      if (!(box[2]! - box[0]! >= LEAST_SIDE && box[3]! - box[1]! >= LEAST_SIDE)) continue;
      boxes.push(...box);
      scores.push(logits[anchor]!);
      groups.push(level);
    }
    first += count;
  }
  const found = Float32Array.from(boxes);
  return pickBoxes(found, suppress(found, { scores, groups, iou: OVERLAP, most }));
}
