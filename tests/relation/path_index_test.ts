import { assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";
import { pathIndex, sourceIndices } from "../../lib/relation/path_index.ts";

Deno.test("pathIndex(2) pairs a pixel with its right, lower and diagonal neighbours", () => {
  const { destinations, starts, paths } = pathIndex(2);
  assertEquals([...destinations], [0, 1, 1, 0, 1, -1, 1, 1]);
  assertEquals([...starts], [0, 2, 4, 8, 12]);
  // The square between diagonal neighbours lies within a pixel of the line: all four corners are on the path.
  assertEquals([...paths.subarray(8, 16)], [1, -1, 0, -1, 1, 0, 0, 0]);
});

for (const group of ["g01_pathindex_r5", "g01_pathindex_r10"]) {
  Deno.test(`pathIndex() equals the reference's ${group}`, async () => {
    const golden = await readGolden(group);
    const [height, width] = golden.params.size as [number, number];
    const index = pathIndex(golden.params.radius);
    assertEquals(index.reach, golden.params.radius_floor);
    assertEquals(index.count, golden.params.n_dst);
    assertEquals(index.destinations, golden.i32("search_dst"));
    assertEquals(index.paths, golden.i32("paths_flat"));
    assertEquals(index.starts.slice(1).map((end, d) => end - index.starts[d]!), golden.i32("path_lengths"));

    const sources = sourceIndices(index, { height, width });
    assertEquals(sources, golden.i32("src_indices"));
    const indices = (offsets: Int32Array) => {
      const result: number[] = [];
      for (let k = 0; k < offsets.length; k += 2) {
        for (const s of sources) result.push(s + offsets[k]! * width + offsets[k + 1]!);
      }
      return Int32Array.from(result);
    };
    assertEquals(indices(index.destinations), golden.i32("dst_indices"));
    if (golden.arrays.path_indices_flat) assertEquals(indices(index.paths), golden.i32("path_indices_flat"));
  });
}

Deno.test("sourceIndices() is empty on a grid smaller than the search disc", () => {
  assertEquals(sourceIndices(pathIndex(5), { height: 4, width: 20 }).length, 0);
  assertEquals(sourceIndices(pathIndex(5), { height: 20, width: 8 }).length, 0);
  assertEquals([...sourceIndices(pathIndex(5), { height: 5, width: 9 })], [4]);
});

Deno.test("pathIndex() refuses a radius without neighbours", () => {
  assertThrows(() => pathIndex(1), RangeError, "found 1");
  assertThrows(() => pathIndex(NaN), RangeError, "found NaN");
});
