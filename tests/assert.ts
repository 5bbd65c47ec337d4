/** The standard library's assertions, and one for arrays of numbers. */
export { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";

/** Closeness of every element: |a − b| ≤ absolute + relative·|b|. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 0, relative = 0, name = "values" }: { absolute?: number; relative?: number; name?: string } = {},
): void {
  if (actual.length !== expected.length) {
    throw new Error(`Expected ${expected.length} ${name} but found ${actual.length}`);
  }
  let worst = -1, excess = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!) - absolute - relative * Math.abs(expected[i]!);
    if (!(d <= excess)) [worst, excess] = [i, Number.isNaN(d) ? Infinity : d];
  }
  if (worst >= 0) throw new Error(`Expected ${name}[${worst}] ≈ ${expected[worst]} but found ${actual[worst]}`);
}
