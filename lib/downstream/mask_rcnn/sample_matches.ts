import type { Random } from "../../data/mod.ts";
import { BACKGROUND } from "./match_boxes.ts";

/** How many to draw. */
export interface SampleOptions {
  /** Boxes in all; fewer where there are not so many. */
  readonly count: number;
  /** Largest share of them that matches an object. */
  readonly share: number;
  /** Source of random numbers. */
  readonly draw: Random;
}

/**
 * Draws boxes to learn from: matches up to their share, the rest background.
 *
 * @param matches What `matchBoxes()` returns.
 * @returns Indices of boxes, in ascending order.
 */
export function sampleMatches(
  matches: Int32Array,
  { count, share, draw }: SampleOptions,
): { objects: number[]; background: number[] } {
  const all = Array.from(matches.keys());
  const objects = drawn(all.filter((i) => matches[i]! >= 0), Math.floor(count * share), draw);
  const background = drawn(all.filter((i) => matches[i] === BACKGROUND), count - objects.length, draw);
  return { objects, background };
}

/** Some of the items, each with the same chance. */
function drawn(items: number[], count: number, draw: Random): number[] {
  const size = Math.min(count, items.length);
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(draw() * (items.length - i));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items.slice(0, size).sort((a, b) => a - b);
}
