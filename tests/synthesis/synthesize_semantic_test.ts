import {
  applyThreshold,
  instancesFromCams,
  scoreCams,
  scoreSemantic,
  synthesizeSemantic,
} from "../../lib/synthesis/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("synthesizeSemantic() labels by the highest class, ties by the first", () => {
  const boundary = Float32Array.of(0, 0);
  const label = (cams: Float32Array, threshold: number) =>
    synthesizeSemantic({ height: 1, width: 8, keys: [3, 14], cams, boundary }, { threshold, walk: { steps: 0 } }).data;
  // Classes fall from 1 to 0 and rise from 0 to 1 between the centres at 1.5 and 5.5.
  assertEquals(label(Float32Array.of(1, 0, 0, 1), 0.25), Uint8Array.of(4, 4, 4, 4, 15, 15, 15, 15));
  assertEquals(label(Float32Array.of(1, 0, 0, 1), 0.75), Uint8Array.of(4, 4, 4, 0, 0, 15, 15, 15));
  assertEquals(label(Float32Array.of(1, 0, 1, 0), 0.75), Uint8Array.of(4, 4, 4, 0, 0, 0, 0, 0));
});

Deno.test("synthesizeSemantic() is all background without classes or with a zero maximum", () => {
  const size = { height: 4, width: 4 }, boundary = Float32Array.of(0);
  const background = { ...size, data: new Uint8Array(16) };
  assertEquals(synthesizeSemantic({ ...size, keys: [], cams: new Float32Array(0), boundary }), background);
  assertEquals(synthesizeSemantic({ ...size, keys: [2], cams: new Float32Array(1), boundary }), background);
});

Deno.test("synthesizeSemantic() equals the reference end to end", async () => {
  const [golden, inputs] = [await readGolden("g15_e2e_sem"), await readGolden("g15_e2e_ins")];
  const [height, width] = golden.shape("label") as [number, number];
  const { keys, beta, radius, exp_times } = inputs.params;
  const evidence = { height, width, keys, cams: inputs.f32("cams"), boundary: inputs.f32("edge") };
  const walk = { radius, beta, steps: 2 ** exp_times };
  const { data } = synthesizeSemantic(evidence, { threshold: golden.params.bg_thres, walk });
  const different = data.filter((id, i) => id !== golden.i32("label")[i]).length;
  assert(different <= 5, `Expected at most 5 pixels to differ but found ${different}`);

  const scored = scoreSemantic(evidence, walk);
  assertEquals(applyThreshold(scored, golden.params.bg_thres).data, data);
  assertEquals(scored.score.reduce((a, b) => Math.max(a, b)), 1);
});

const maps = Float32Array.of(0.5, 0.25, 0.1, 0, /* second class */ 0.5, 0.75, 0, 0);

const options = { height: 2, width: 2, keys: [3, 14] };

Deno.test("scoreCams() keeps the best class of each pixel and its score", () => {
  const { score, label } = scoreCams(maps, options);
  assertEquals(score, Float32Array.of(0.5, 0.75, 0.1, 0));
  assertEquals(label, Uint8Array.of(4, 15, 4, 0));
});

Deno.test("applyThreshold() leaves scores at the threshold to the background", () => {
  const scored = scoreCams(maps, options);
  assertEquals(applyThreshold(scored, 0.5), { height: 2, width: 2, data: Uint8Array.of(0, 15, 0, 0) });
  assertEquals(applyThreshold(scored, 0.1).data, Uint8Array.of(4, 15, 0, 0)); // also 0.1 in single precision
});

Deno.test("instancesFromCams() makes instances of the regions of thresholded CAMs", () => {
  const result = instancesFromCams(maps, { ...options, threshold: 0.05 });
  assertEquals(result.class, Int32Array.of(3, 14));
  assertEquals(result.score, Float32Array.of(0.5, 0.75));
  assertEquals(result.mask, Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 0));
});

Deno.test("scoreCams() and instancesFromCams() refuse maps of another size", () => {
  assertThrows(() => scoreCams(maps, { ...options, keys: [3] }), RangeError, "1×2×2");
  assertThrows(() => instancesFromCams(maps, { ...options, keys: [3] }), RangeError, "1×2×2");
});
