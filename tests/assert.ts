/** The standard library's assertions, with types (the npm mirror carries none), and one for arrays of numbers. */
// deno-lint-ignore-file no-explicit-any
import * as std from "@std/assert";

const untyped = std as any;

/** Deep equality. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = untyped.assertEquals;
/** Truth. */
export const assert: (condition: unknown, message?: string) => asserts condition = untyped.assert;
/** Closeness of two numbers. */
export const assertAlmostEquals: (actual: number, expected: number, tolerance?: number, message?: string) => void =
  untyped.assertAlmostEquals;
/** An error of a class, with a text in its message. */
export const assertThrows: (fn: () => unknown, error?: any, includes?: string) => any = untyped.assertThrows;
/** As {@linkcode assertThrows}, for promises. */
export const assertRejects: (fn: () => Promise<unknown>, error?: any, includes?: string) => Promise<any> =
  untyped.assertRejects;

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
