import { drawNormal, fnv1a, namedRandom, random } from "../../lib/data/random.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("namedRandom() equals the golden generator", async () => {
  const golden = await readGolden("g00_prng");
  for (const [text, hash] of Object.entries(golden.params.fnv1a)) assertEquals(fnv1a(text), hash);
  for (const [name, first] of Object.entries(golden.params.first4 as Record<string, number[]>)) {
    const draw = namedRandom(name);
    assertEquals(first.map(draw), first);
  }
  const draw = namedRandom("a");
  const u16 = golden.f32("u16");
  assertEquals(Float32Array.from(u16, draw), u16);
});

Deno.test("random() depends on its keys alone", () => {
  const draw = (...keys: (string | number)[]) => random(7, ...keys)();
  assertEquals(draw("crop", 1, 2), draw("crop", 1, 2));
  assert(new Set([draw("crop", 1, 2), draw("crop", 1, 3), draw("crop", 2, 2), draw("flip", 1, 2)]).size === 4);
});

Deno.test("drawNormal() has the moments of the normal distribution", () => {
  const draw = namedRandom("0");
  const normals = Array.from({ length: 20000 }, () => drawNormal(draw));
  const mean = normals.reduce((a, b) => a + b) / normals.length;
  const variance = normals.reduce((a, b) => a + b * b, 0) / normals.length;
  assertAlmostEquals(mean, 0, 0.03);
  assertAlmostEquals(variance, 1, 0.03);
});
