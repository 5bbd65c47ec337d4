import { type GridSize, type PathIndex, sourceIndices } from "./path_index.ts";

/** Masks of pairs, each [destinations, sources] with values 0 and 1; a pair with a void pixel is in none of them. */
export interface PairLabels {
  /** Both pixels background. */
  readonly background: Uint8Array;
  /** Both pixels of one foreground class. */
  readonly foreground: Uint8Array;
  /** Pixels of different classes, background included. */
  readonly negative: Uint8Array;
}

/**
 * Sorts the pairs of a label map into equal background, equal foreground and different
 * (paper: Inter-pixel Relation Mining from CAMs).
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `labels` | [H, W] | u8 | at stride 4: 0 background, 1… class, 255 void |
 * | returns | 3 × [n_dst, n_src] | u8 | pair axis as in the path index, sources as in `sourceIndices()` |
 *
 * @throws RangeError if `labels` does not hold H·W values.
 */
export function pairLabels(labels: Uint8Array, { index, size }: { index: PathIndex; size: GridSize }): PairLabels {
  const { height, width } = size;
  if (labels.length !== height * width) {
    throw new RangeError(`Expected ${height}×${width} = ${height * width} labels but found ${labels.length}`);
  }
  const sources = sourceIndices(index, size);
  const mask = () => new Uint8Array(index.count * sources.length);
  const result = { background: mask(), foreground: mask(), negative: mask() };
  for (let d = 0, pair = 0; d < index.count; d++) {
    const offset = index.destinations[2 * d]! * width + index.destinations[2 * d + 1]!;
    for (let s = 0; s < sources.length; s++, pair++) {
      const from = labels[sources[s]!]!, to = labels[sources[s]! + offset]!;
      if (from === 255 || to === 255) continue;
      const kind = from !== to ? "negative" : from === 0 ? "background" : "foreground";
      result[kind][pair] = 1;
    }
  }
  return result;
}
