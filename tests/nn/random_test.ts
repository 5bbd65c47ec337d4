import { fnv1a, namedRandom, random } from "../../lib/nn/random.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";

Deno.test("namedRandom() equals the golden generator", async () => {
  const golden = await readGolden("g00_prng");
  for (const [text, hash] of Object.entries(golden.params.fnv1a)) assertEquals(fnv1a(text), hash);
  for (const [name, first] of Object.entries(golden.params.first4 as Record<string, number[]>)) {
    const stream = namedRandom(name);
    assertEquals(first.map(() => stream.uniform()), first);
  }
  const stream = namedRandom("a");
  const u16 = golden.f32("u16");
  assertEquals(Float32Array.from(u16, () => stream.uniform()), u16);
});

Deno.test("random() depends on its keys alone", () => {
  const draw = (...keys: (string | number)[]) => random(7, ...keys).uniform();
  assertEquals(draw("crop", 1, 2), draw("crop", 1, 2));
  assert(new Set([draw("crop", 1, 2), draw("crop", 1, 3), draw("crop", 2, 2), draw("flip", 1, 2)]).size === 4);
});

Deno.test("random() draws whole ranges with the right moments", () => {
  const stream = random(0);
  assertEquals(new Set(Array.from({ length: 100 }, () => stream.int(-1, 2))), new Set([0, 1, -1]));
  const normals = Array.from({ length: 20000 }, () => stream.normal());
  const mean = normals.reduce((a, b) => a + b) / normals.length;
  const variance = normals.reduce((a, b) => a + b * b, 0) / normals.length;
  assertAlmostEquals(mean, 0, 0.03);
  assertAlmostEquals(variance, 1, 0.03);
});

Deno.test("random().shuffle() keeps all items and reaches every order", () => {
  const orders = new Set(Array.from({ length: 60 }, (_, i) => random(0, i).shuffle([1, 2, 3]).join("")));
  assertEquals([...orders].sort(), ["123", "132", "213", "231", "312", "321"]);
});
