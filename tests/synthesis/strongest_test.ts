import { strongest, strongestUpsampled, upsampledMaximum } from "../../lib/synthesis/_strongest.ts";
import { assertClose, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("strongest() prefers the floor, then the first map, on ties", () => {
  const maps = Float32Array.of(0.5, 0.75, 0.25, /* second */ 0.5, 0.75, 1);
  const { score, index } = strongest(maps, { height: 1, width: 3, floor: 0.5 });
  assertEquals(index, Int32Array.of(0, 1, 2));
  assertEquals(score, Float32Array.of(0.5, 0.75, 1));
});

Deno.test("strongestUpsampled() places the centres of coarse pixels at 1.5, 5.5, … and crops", () => {
  const sizes = { height: 1, width: 7, rows: 1, columns: 2 };
  // Between the centres the value rises by 0.25 a pixel: 0.125, 0.375, 0.625, 0.875.
  const { score, index } = strongestUpsampled([Float32Array.of(0, 1)], { ...sizes, peak: 1, floor: 0.375 });
  assertEquals(score, Float32Array.of(0.375, 0.375, 0.375, 0.375, 0.625, 0.875, 1));
  assertEquals(index, Int32Array.of(0, 0, 0, 0, 1, 1, 1));
  // The pixel beyond 5.5 that would reach 1 is cropped off.
  assertEquals(upsampledMaximum(Float32Array.of(0, 1), { ...sizes, width: 6, least: 0 }), 0.875);
});

Deno.test("strongestUpsampled() equals the reference's upsampled, normalised maps", async () => {
  const golden = await readGolden("g15_e2e_ins");
  const [count, , rows, columns] = golden.shape("rw") as [number, number, number, number];
  const [, height, width] = golden.shape("rw_up") as [number, number, number];
  const sizes = { height, width, rows, columns }, grid = rows * columns;
  const walked = golden.f32("rw");
  const maps = Array.from({ length: count }, (_, m) => walked.subarray(m * grid, (m + 1) * grid));
  const peak = maps.reduce((least, map) => upsampledMaximum(map, { ...sizes, least }), 0);
  const floor = golden.params.bg_thres;
  const expected = strongest(golden.f32("rw_up"), { height, width, floor });
  const actual = strongestUpsampled(maps, { ...sizes, peak, floor });
  assertClose(actual.score, expected.score, { absolute: 1e-6 });
  assertEquals(actual.index, golden.i32("argmax"));
});

Deno.test("upsampledMaximum() is the maximum of all upsampled pixels", () => {
  let seed = 5;
  const random = () => (seed = Math.imul(seed, 48271) >>> 0) / 2 ** 32;
  for (const [height, width] of [[37, 50], [40, 41], [1, 1], [4, 3], [9, 80]] as const) {
    const rows = Math.ceil(height / 4), columns = Math.ceil(width / 4);
    const map = Float32Array.from({ length: rows * columns }, random);
    const sizes = { height, width, rows, columns };
    const all = strongestUpsampled([map], { ...sizes, peak: 1, floor: 0 }).score;
    assertEquals(upsampledMaximum(map, { ...sizes, least: 0 }), all.reduce((a, b) => Math.max(a, b)));
  }
});
