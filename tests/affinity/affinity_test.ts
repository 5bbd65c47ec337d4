import { assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";
import { affinity } from "../../lib/affinity/affinity.ts";
import { assertClose } from "../assert.ts";

Deno.test("affinity() takes the highest boundary on the path, ends included", () => {
  const boundary = Float32Array.of(
    ...[0.9, 0.25, 0.5],
    ...[0.0, 0.00, 0.0],
  );
  // Right, below, below left, below right of (0, 1); the diagonals pass all four corners of their square.
  assertEquals(
    affinity(boundary, { height: 2, width: 3, radius: 2 }),
    Float32Array.of(0.5, 0.75, 1 - Math.fround(0.9), 0.5),
  );
});

for (const group of ["g02_edge2aff_r5", "g02_edge2aff_r10"]) {
  Deno.test(`affinity() equals the reference's ${group}`, async () => {
    const golden = await readGolden(group);
    const [height, width] = golden.params.size as [number, number];
    const actual = affinity(golden.f32("edge"), { height, width, radius: golden.params.radius });
    assertClose(actual, golden.f32("aff"), { absolute: 1e-6 });
  });
}

Deno.test("affinity() refuses a boundary map of another size", () => {
  assertThrows(() => affinity(new Float32Array(5), { height: 2, width: 3 }), RangeError, "found 5");
});
