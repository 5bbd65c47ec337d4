/** Numbers for tests of gradients. */

/** Repeatable values of 0 to 1. */
export function noise(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const value = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return value - Math.floor(value);
  });
}

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
