import { applyThreshold, scoreSemantic, synthesizeSemantic } from "../../lib/synthesis/mod.ts";
import { assert, assertEquals } from "../assert.ts";
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
