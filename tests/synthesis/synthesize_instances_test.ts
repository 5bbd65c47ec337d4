import { propagate } from "../../lib/affinity/mod.ts";
import { clusterCentroids, findCentroids } from "../../lib/displacement/mod.ts";
import { type Evidence, raiseCams, scoreSemantic, type Scoring, synthesizeInstances } from "../../lib/synthesis/mod.ts";
import { strongest } from "../../lib/synthesis/_strongest.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("synthesizeInstances() separates two clusters of one class", () => {
  const evidence: Evidence = {
    height: 4,
    width: 8,
    keys: [7],
    cams: Float32Array.of(1, 0.5),
    boundary: Float32Array.of(0, 0),
  };
  const clusters = { map: Int32Array.of(0, 1), count: 2 };
  const result = synthesizeInstances(evidence, { clusters, walk: { steps: 0 } });
  assertEquals(result.class, Int32Array.of(7, 7));
  assertEquals(result.score, Float32Array.of(1, 0.5));
  // Ramps 1 … 0 and 0 … 0.5 between the centres at 1.5 and 5.5: the second is higher from column 5 on.
  const row = [[1, 1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1, 1]];
  assertEquals(result.mask, Uint8Array.from(row.flatMap((r) => [...r, ...r, ...r, ...r])));
  assertEquals(synthesizeInstances(evidence).score, Float32Array.of(1));
});

Deno.test("raiseCams() raises CAMs before they walk, for instances and semantic labels alike", () => {
  const size = { height: 4, width: 8 }, boundary = new Float32Array(2);
  const evidence: Evidence = { ...size, keys: [7, 9], cams: Float32Array.of(1, 0.5, 0.25, -1e-4), boundary };
  assertEquals(raiseCams(evidence, 1).cams, evidence.cams);
  assertEquals(raiseCams(evidence, 2).cams, Float32Array.of(1, 0.25, 0.0625, 0));
  assertEquals(raiseCams(evidence, 0.5).cams[3], 0); // what rounding leaves below 0 has no root
  for (const power of [0, -1, NaN, Infinity]) {
    assertThrows(() => raiseCams(evidence, power), RangeError, "positive power");
  }
  // Without a step of the walk the map of class 7 falls from 1 to 0.5², which is the column's last value.
  const { score } = scoreSemantic(raiseCams(evidence, 2), { steps: 0 });
  assertEquals([score[0], score[7]], [1, 0.25]);
  const clusters = { map: Int32Array.of(0, 1), count: 2 };
  const found = synthesizeInstances(raiseCams(evidence, 2), { clusters, threshold: 0.2, walk: { steps: 0 } });
  assertEquals(found.score, Float32Array.of(1, 0.25));
});

Deno.test("synthesizeInstances() scores what the walk left, where asked for the mean and the area", () => {
  const boundary = Float32Array.of(0.5, 0.5), size = { height: 4, width: 8 };
  const evidence: Evidence = { ...size, keys: [7], cams: Float32Array.of(1, 1), boundary };
  const scores = (scoring: Scoring) => synthesizeInstances(evidence, { scoring, walk: { steps: 0 } }).score;
  assertEquals(scores("maximum"), Float32Array.of(1));
  assertEquals(scores("mean_area"), Float32Array.of(0.5)); // all of the image, at 1·(1 − 0.5)
});

Deno.test("synthesizeInstances() equals the reference end to end", async () => {
  const { golden, evidence, clusters, options } = await endToEnd();
  const { height, width } = evidence;
  const result = synthesizeInstances(evidence, { ...options, clusters });
  assertEquals(result.class, golden.i32("det_class"));
  assertClose(result.score, golden.f32("det_score"), { absolute: 1e-4 });
  assertEquals(result.mask.length, golden.i32("det_mask").length);
  const different = new Set<number>();
  result.mask.forEach((value, i) => {
    if (value !== golden.i32("det_mask")[i]) different.add(i % (height * width));
  });
  assert(different.size <= 5, `Expected at most 5 pixels to differ but found ${different.size}`);
});

Deno.test("synthesizeInstances() gives what walking and comparing all pieces at once gives", async () => {
  const { evidence } = await endToEnd();
  const { height, width, boundary, keys, cams } = evidence;
  const rows = Math.ceil(height / 4), columns = Math.ceil(width / 4), size = rows * columns;
  // Stripes of clusters: many pieces, most of them too weak to be seen.
  const count = 7, map = Int32Array.from({ length: size }, (_, i) => Math.floor((i % columns) / columns * count));
  const all = new Float32Array(keys.length * count * size);
  cams.forEach((value, i) => all[(Math.floor(i / size) * count + map[i % size]!) * size + i % size] = value);
  const walked = propagate(all, boundary, { count: keys.length * count, height: rows, width: columns, steps: 16 });

  const upsampled = new Float32Array(keys.length * count * height * width);
  const read = (y: number, x: number, plane: number) => {
    const [sy, sx] = [Math.max(0, (y + 0.5) / 4 - 0.5), Math.max(0, (x + 0.5) / 4 - 0.5)];
    const [y0, x0] = [Math.floor(sy), Math.floor(sx)];
    const [y1, x1] = [Math.min(y0 + 1, rows - 1), Math.min(x0 + 1, columns - 1)];
    const at = (j: number, i: number) => walked[plane * size + j * columns + i]!;
    const [fy, fx] = [sy - y0, sx - x0];
    return (1 - fy) * ((1 - fx) * at(y0, x0) + fx * at(y0, x1)) + fy * ((1 - fx) * at(y1, x0) + fx * at(y1, x1));
  };
  for (let i = 0; i < upsampled.length; i++) {
    const pixel = i % (height * width);
    upsampled[i] = read(Math.floor(pixel / width), pixel % width, Math.floor(i / (height * width)));
  }
  const peak = upsampled.reduce((a, b) => Math.max(a, b));
  const { index } = strongest(upsampled.map((value) => value / peak), { height, width, floor: 0.25 });

  const result = synthesizeInstances(evidence, { clusters: { map, count }, threshold: 0.25, walk: { steps: 16 } });
  const covered = new Uint8Array(height * width), classes = new Int32Array(height * width).fill(-1);
  result.mask.forEach((value, i) => {
    if (!value) return;
    covered[i % covered.length]!++;
    classes[i % covered.length] = result.class[Math.floor(i / covered.length)]!;
  });
  const wrong = index.filter((m, i) =>
    covered[i] !== (m ? 1 : 0) || classes[i] !== (m ? keys[Math.floor((m - 1) / count)] : -1)
  );
  assert(new Set(index).size > 3);
  assert(wrong.length <= 2, `Expected the same masks but found ${wrong.length} other pixels`);
});

Deno.test("synthesizeInstances() finds nothing without foreground", () => {
  const size = { height: 8, width: 8 }, boundary = new Float32Array(4);
  const none = (evidence: Evidence) => {
    const { score, mask } = synthesizeInstances(evidence);
    return score.length + mask.length === 0;
  };
  assert(none({ ...size, keys: [], cams: new Float32Array(0), boundary }));
  assert(none({ ...size, keys: [3], cams: new Float32Array(4), boundary }));
  assert(none({ ...size, keys: [3], cams: new Float32Array(4).fill(1), boundary: boundary.map(() => 1) }));
});

Deno.test("synthesizeInstances() refuses maps of another size and clusters out of range", () => {
  const evidence = { height: 5, width: 8, keys: [3], cams: new Float32Array(4), boundary: new Float32Array(4) };
  assertThrows(() => synthesizeInstances({ ...evidence, cams: new Float32Array(2) }), RangeError, "1×2×2 = 4");
  assertThrows(() => synthesizeInstances({ ...evidence, boundary: new Float32Array(2) }), RangeError, "boundary");
  assertThrows(
    () => synthesizeInstances({ ...evidence, cams: Float32Array.of(0, NaN, 0, 0) }),
    RangeError,
    "finite CAMs",
  );
  const clusters = { map: Int32Array.of(0, 1, 2, 0), count: 2 };
  assertThrows(() => synthesizeInstances(evidence, { clusters }), RangeError, "clusters 0…1 but found 2");
});

async function endToEnd() {
  const golden = await readGolden("g15_e2e_ins");
  const [, height, width] = golden.shape("rw_up") as [number, number, number];
  const [, rows, columns] = golden.shape("dp") as [number, number, number];
  const { keys, beta, radius, exp_times, bg_thres } = golden.params;
  const field = golden.f32("dp"), grid = { height: rows, width: columns };
  const clusters = clusterCentroids(findCentroids(field, grid), { field, ...grid });
  assertEquals(clusters.count, golden.shape("instance_map")[0]);
  const evidence: Evidence = { height, width, keys, cams: golden.f32("cams"), boundary: golden.f32("edge") };
  return {
    golden,
    evidence,
    clusters,
    options: { threshold: bg_thres, walk: { radius, beta, steps: 2 ** exp_times } },
  };
}
