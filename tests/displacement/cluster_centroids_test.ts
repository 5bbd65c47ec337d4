import { clusterCentroids, connectedComponents } from "../../lib/displacement/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";
import { describedNumber, readGolden } from "../golden.ts";

Deno.test("clusterCentroids() gives pixels the region their centroid lies in, strong pixels one of their own", () => {
  // A row of six: short displacements at 0, 1 and 4, long ones elsewhere; regions 1 (0, 1) and 2 (4).
  const field = Float32Array.of(0, 0, 0, 0, 0, 0, /* dx */ 0, 2.4, 2.5, 9, -1, 9);
  const centroids = Int32Array.of(0, 0, 0, 0, 0, 0, /* x */ 0, 1, 4, 4, 4, 5);
  assertEquals(clusterCentroids(centroids, { field, height: 1, width: 6 }), {
    map: Int32Array.of(1, 1, 2, 2, 2, 0),
    count: 3,
    unreached: 1,
  });
});

Deno.test("clusterCentroids() leaves no gaps where nobody points at a region", () => {
  const field = Float32Array.of(0, 0, 0, 0, 0, /* dx */ 0, 9, 0, 9, 0); // regions 1, 2 and 3
  const centroids = Int32Array.of(0, 0, 0, 0, 0, /* x */ 0, 0, 4, 4, 4);
  assertEquals(clusterCentroids(centroids, { field, height: 1, width: 5 }), {
    map: Int32Array.of(0, 0, 1, 1, 1),
    count: 2,
    unreached: 0,
  });
});

Deno.test("clusterCentroids() equals the reference", async () => {
  for (const group of ["g05_clusters", "g05_clusters_random"]) {
    const golden = await readGolden(group);
    const key = Object.keys(golden.arrays).find((name) => /^centroids\d*$/.test(name))!;
    const [, height, width] = golden.shape("dp") as [number, number, number];
    const field = golden.f32("dp"), size = height * width;
    const threshold = describedNumber(await readGolden("g05_clusters"), "thres") ?? 2.5;
    if (golden.arrays["weak_label"]) {
      const weak = Uint8Array.from(
        { length: size },
        (_, i) => Math.hypot(field[i]!, field[size + i]!) < threshold ? 1 : 0,
      );
      assertEquals(connectedComponents(weak, { height, width }).labels, golden.i32("weak_label"));
    }
    const clusters = clusterCentroids(golden.i32(key), { field, height, width, threshold });
    assertEquals(clusters.count, golden.params.K);
    assertEquals(clusters.map, golden.i32("cluster_map"));
  }
});

Deno.test("clusterCentroids() refuses arrays of another size and centroids outside the map", () => {
  const field = new Float32Array(8), size = { height: 2, width: 2 };
  assertThrows(() => clusterCentroids(new Int32Array(6), { field, ...size }), RangeError, "centroids of 2×2×2");
  assertThrows(() => clusterCentroids(new Int32Array(8).fill(2), { field, ...size }), RangeError, "(2, 2)");
});
