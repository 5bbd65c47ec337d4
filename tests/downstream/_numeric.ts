/** Numbers for tests of gradients. */

/** Slope of a function by each of its values, from the values a step to either side. */
export function numericGradient<A extends Float32Array | Float64Array>(
  compute: (values: A) => number,
  at: A,
  step: number,
): Float64Array {
  return Float64Array.from(at, (value, i) => {
    const changed = at.slice() as A;
    changed[i] = value + step;
    const above = compute(changed);
    changed[i] = value - step;
    return (above - compute(changed)) / (2 * step);
  });
}
