import { strongestUpsampled } from "../../lib/synthesis/_strongest.ts";
import { scoreSemantic, scoreStrips, synthesizeInstances, synthesizeSemantic } from "../../lib/synthesis/mod.ts";
import { assert, assertEquals } from "../assert.ts";
import { noise } from "../noise.ts";

/** A grey image, dark at the left and light from column `edge` on, with a little noise. */
function halves(width: number, height: number, edge: number) {
  const data = new Uint8Array(3 * width * height), values = noise(width * height, 3);
  for (let i = 0; i < width * height; i++) {
    data.fill((i % width < edge ? 40 : 200) + Math.round(6 * values[i]!), 3 * i, 3 * i + 3);
  }
  return { width, height, data };
}

// Evidence of an image of 64×32 pixels, four times as large in full; the object is the right of column 100 of 256.
const image = halves(256, 128, 100), rows = 8, columns = 16, size = { height: 32, width: 64, rows, columns };
const blurred = Float32Array.from({ length: rows * columns }, (_, i) => 1 / (1 + Math.exp(6.25 - (i % columns) - 0.5)));

Deno.test("maps follow the edges of a larger image, which bilinear ones miss", () => {
  const { height, width, index } = strongestUpsampled([blurred], { ...size, peak: 1, floor: 0.4, guide: image });
  assertEquals([height, width, index.length], [128, 256, 128 * 256]);
  const wrong = index.reduce((sum, found, i) => sum + Number((found === 1) !== (i % 256 >= 100)), 0);
  assert(wrong < 0.002 * index.length, `${wrong} pixels`);
  const bilinear = strongestUpsampled([blurred], { ...size, peak: 1, floor: 0.4 }).index;
  const missed = bilinear.reduce((sum, found, i) => sum + Number((found === 1) !== (i % 64 >= 25)), 0);
  assert(missed > 0.005 * bilinear.length, `${missed} pixels`);
});

Deno.test("maps that are even stay as they are whatever the image shows, and scores never exceed 1", () => {
  const even = strongestUpsampled([new Float32Array(rows * columns).fill(0.5)], {
    ...size,
    peak: 1,
    floor: 0.2,
    guide: image,
  });
  assert(even.score.every((score) => Math.abs(score - 0.5) < 1e-6));
  const { score } = strongestUpsampled([blurred], { ...size, peak: 0.9, floor: 0, guide: image });
  assertEquals(score.reduce((a, b) => Math.max(a, b)), 1);
});

Deno.test("scores of a tall image are the same strip by strip", () => {
  const tall = halves(16, 600, 9), evidence = { height: 100, width: 4, keys: [2], cams: new Float32Array(25) };
  evidence.cams.fill(0.5, 0, 10).fill(1, 10);
  const given = { ...evidence, boundary: new Float32Array(25), guide: tall }, walk = { steps: 0 };
  const strips = [...scoreStrips(given, walk)], { score, label } = scoreSemantic(given, walk);
  assertEquals(strips.map(({ top, height }) => [top, height]), [[0, 256], [256, 256], [512, 88]]);
  assertEquals(strips.flatMap((strip) => [...strip.score]), [...score]);
  assertEquals(strips.flatMap((strip) => [...strip.label]), [...label]);
  assert(Math.abs(score[16 * 100]! - 0.5) < 1e-3 && score[16 * 500]! > 0.999, "half above, whole below");
});

Deno.test("synthesis with a guide makes masks of its size, with the largest fragment of a class that has nothing else", () => {
  const evidence = { height: 32, width: 64, keys: [7], cams: blurred, boundary: new Float32Array(rows * columns) };
  const walk = { steps: 0 };
  const found = synthesizeInstances({ ...evidence, guide: image }, { threshold: 0.4, walk });
  assertEquals([found.height, found.width, found.class.length, found.mask.length], [128, 256, 1, 128 * 256]);
  assertEquals(
    synthesizeInstances({ ...evidence, guide: image }, { threshold: 0.4, fragment: 1, walk }).score,
    Float32Array.of(0),
  );
  assertEquals(synthesizeInstances(evidence, { threshold: 0.4, fragment: 1, walk }).score, Float32Array.of(0));
  const labels = synthesizeSemantic({ ...evidence, guide: image }, { threshold: 0.4, walk });
  assertEquals([labels.height, labels.width], [128, 256]);
  assertEquals(labels.data, found.mask.map((inside) => 8 * inside));
  const same = { ...evidence, guide: null };
  assertEquals(synthesizeSemantic(same, { walk }), synthesizeSemantic(evidence, { walk }));
});
