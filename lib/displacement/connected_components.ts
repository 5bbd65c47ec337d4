/** Connected regions of a map. */
export interface Components {
  /** [H, W], 0 outside, 1… in the order in which the regions' first pixels are met row by row. */
  readonly labels: Int32Array;
  /** Number of regions. */
  readonly count: number;
}

/**
 * Numbers the connected regions of a map: pixels that touch along an edge (4-connected) and hold one value other than
 * zero.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `map` | [H, W] | any integers | 0: outside; a mask, or several masks that do not overlap |
 * | returns `labels` | [H, W] | i32 | 0 outside, 1… regions by their first pixel, row by row |
 *
 * @throws RangeError if `map` does not hold H·W values.
 * @example
 * ```ts
 * import { connectedComponents } from "./connected_components.ts";
 * connectedComponents(Uint8Array.of(1, 0, 1, 1), { height: 1, width: 4 }); // labels 1 0 2 2, count 2
 * ```
 */
export function connectedComponents(
  map: Uint8Array | Int32Array,
  { height, width }: { readonly height: number; readonly width: number },
): Components {
  if (map.length !== height * width) {
    throw new RangeError(`Expected a map of ${height}×${width} = ${height * width} values but found ${map.length}`);
  }
  const labels = new Int32Array(map.length);
  const parents: number[] = [0]; // of provisional labels; a root is the smallest of its region
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const value = map[i]!;
      if (value === 0) continue;
      const left = x > 0 && map[i - 1] === value ? labels[i - 1]! : 0;
      const up = y > 0 && map[i - width] === value ? labels[i - width]! : 0;
      if (left && up && left !== up) {
        const a = root(parents, left), b = root(parents, up);
        labels[i] = Math.min(a, b);
        parents[Math.max(a, b)] = Math.min(a, b);
      } else if (left || up) {
        labels[i] = left || up;
      } else {
        labels[i] = parents.length;
        parents.push(parents.length);
      }
    }
  }
  // Provisional labels were given row by row and a root is the smallest: renumbering the roots keeps the order.
  let count = 0;
  const final = new Int32Array(parents.length);
  for (let label = 1; label < parents.length; label++) {
    const parent = parents[label]!;
    final[label] = parent === label ? ++count : final[parent]!;
  }
  for (let i = 0; i < labels.length; i++) labels[i] = final[labels[i]!]!;
  return { labels, count };
}

function root(parents: number[], label: number): number {
  while (parents[label] !== label) label = parents[label] = parents[parents[label]!]!;
  return label;
}
