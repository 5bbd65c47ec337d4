/**
 * Likeliest label of every pixel; ties go to the lower label.
 *
 * | name | shape | type | meaning |
 * |---|---|---|---|
 * | `marginals` | [n, H, W] | f32 | of {@linkcode denseCrf} |
 * | `classes` | | | number n of labels |
 * | returns | [H, W] | u8 | 0 … n−1 |
 *
 * @throws RangeError if the marginals are not of so many labels
 * @example
 * ```ts
 * const labels = argmaxLabels(denseCrf({ image, labels: given, classes: 3 }), 3);
 * ```
 */
export function argmaxLabels(marginals: Float32Array, classes: number): Uint8Array {
  const pixels = marginals.length / classes;
  if (!Number.isInteger(pixels)) {
    throw new RangeError(`Expected marginals of ${classes} labels but found ${marginals.length} values`);
  }
  const best = marginals.slice(0, pixels);
  const labels = new Uint8Array(pixels);
  for (let label = 1; label < classes; label++) {
    for (let i = 0; i < pixels; i++) {
      const value = marginals[label * pixels + i]!;
      if (value > best[i]!) {
        best[i] = value;
        labels[i] = label;
      }
    }
  }
  return labels;
}
