import { findCentroids } from "../../lib/displacement/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("findCentroids() moves every pixel of a 1×4 row by its displacement once", () => {
  const field = Float32Array.of(0, 0, 0, 0, /* dx */ 1, -0.5, 0.75, -1);
  // 0 + 1, 1 − 0.5 → 0.5 rounds to the even 0, 2 + 0.75, 3 − 1
  assertEquals(
    findCentroids(field, { height: 1, width: 4, iterations: 1 }),
    Int32Array.of(0, 0, 0, 0, /* x */ 1, 0, 3, 2),
  );
});

Deno.test("findCentroids() reads displacements between pixels bilinearly", () => {
  // dx is 0.5 everywhere, dy is 0.5 in the right column of 2×2 and 0 in the left one.
  const field = Float32Array.of(0, 0.5, 0, 0.5, /* dx */ 0.5, 0.5, 0.5, 0.5);
  const at = (iterations: number) => {
    const result = findCentroids(field, { height: 2, width: 2, iterations });
    return [result[0], result[4]];
  };
  // The first pixel goes (0, 0) → (0, 0.5), half-way down to the right → (0.25, 1) → (0.75, 1) → (1, 1), the corner.
  assertEquals([0, 1, 2, 3, 4].map(at), [[0, 0], [0, 0], [0, 1], [1, 1], [1, 1]]);
});

Deno.test("findCentroids() keeps centroids on the map", () => {
  const size = { height: 3, width: 5 };
  const field = new Float32Array(30).fill(-100, 0, 15).fill(100, 15);
  const result = findCentroids(field, size);
  assertEquals(result, new Int32Array(30).fill(0, 0, 15).fill(4, 15));
});

Deno.test("findCentroids() stops in the right place on a circle, whatever the number of iterations", () => {
  const field = Float32Array.of(0, 0, 0, 0, 0, /* dx */ 1, 1, 1, -2, -1); // 0 → 1 → 2 → 3 → 1, and 4 → 3
  const size = { height: 1, width: 5 };
  for (let n = 0; n < 40; n++) {
    let expected = [0, 1, 2, 3, 4];
    for (let step = 0; step < n; step++) expected = expected.map((x) => x + field[5 + x]!);
    assertEquals(Array.from(findCentroids(field, { ...size, iterations: n }).subarray(5)), expected, `${n} iterations`);
  }
});

Deno.test("findCentroids() leaves a field of zeros where it is", () => {
  assertEquals(
    findCentroids(new Float32Array(12), { height: 2, width: 3 }),
    Int32Array.of(0, 0, 0, 1, 1, 1, 0, 1, 2, 0, 1, 2),
  );
});

Deno.test("findCentroids() equals the reference after every recorded number of iterations", async () => {
  const golden = await readGolden("g04_centroids");
  const [, height, width] = golden.shape("dp") as [number, number, number];
  const runs = Object.keys(golden.arrays).flatMap((key) => /^centroids(\d+)$/.exec(key)?.[1] ?? []);
  assertEquals(runs.length > 0, true);
  for (const n of runs) {
    const result = findCentroids(golden.f32("dp"), { height, width, iterations: Number(n) });
    assertEquals(result, golden.i32(`centroids${n}`), `after ${n} iterations`);
  }
});

Deno.test("findCentroids() equals the reference on a chaotic field, where any other rounding shows", async () => {
  const golden = await readGolden("g05_clusters_random");
  const [, height, width] = golden.shape("dp") as [number, number, number];
  const key = Object.keys(golden.arrays).find((name) => /^centroids\d+$/.test(name))!;
  const iterations = Number(key.slice("centroids".length));
  assertEquals(findCentroids(golden.f32("dp"), { height, width, iterations }), golden.i32(key));
});

Deno.test("findCentroids() refuses a field of another size or with values that are not finite", () => {
  const size = { height: 2, width: 2 };
  assertThrows(() => findCentroids(new Float32Array(7), size), RangeError, "2×2×2 = 8 values but found 7");
  const field = new Float32Array(8);
  field[7] = NaN;
  assertThrows(() => findCentroids(field, size), RangeError, "found NaN at (1, 1)");
  assertThrows(() => findCentroids(new Float32Array(8), { ...size, iterations: 1.5 }), RangeError, "1.5");
});
