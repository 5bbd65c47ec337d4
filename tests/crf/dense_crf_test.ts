import { argmaxLabels, CRF_DEFAULTS, denseCrf, refineLabels } from "../../lib/crf/mod.ts";
import type { RgbImage } from "../../lib/data/image.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

/** Numbers in [0, 1) that are the same on every run. */
function generator(seed: number): () => number {
  return () => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) / 2 ** 32;
}

function noise(width: number, height: number, seed = 1): RgbImage {
  const random = generator(seed);
  return { width, height, data: Uint8Array.from({ length: 3 * width * height }, () => 256 * random()) };
}

function softmax(logits: number[]): number[] {
  const exponentials = logits.map((z) => Math.exp(z - Math.max(...logits)));
  return exponentials.map((e) => e / exponentials.reduce((sum, value) => sum + value));
}

for (const group of ["g11_crf_natural_2l", "g11_crf_natural_3l", "g11_crf_odd_4l", "g11_crf_random_3l"]) {
  Deno.test(`denseCrf() equals the reference on ${group}`, async () => {
    const golden = await readGolden(group);
    const [height, width] = golden.shape("img") as [number, number];
    const classes: number = golden.params.n_labels;
    const image = { width, height, data: Uint8Array.from(golden.i32("img")) };
    const labels = Uint8Array.from(golden.i32("label"));
    const runs = Object.keys(golden.arrays).flatMap((key) => {
      const match = /^Q(\d+)(_gauss|_bilat)?$/.exec(key);
      return match ? [{ key, iterations: Number(match[1]), only: match[2] }] : [];
    });
    const longest = Math.max(...runs.map(({ iterations }) => iterations));
    for (const { key, iterations, only } of runs) {
      const marginals = denseCrf({
        image,
        labels,
        classes,
        iterations,
        confidence: Math.exp(-golden.params.unary.match),
        gaussian: { position: 3, weight: only === "_bilat" ? 0 : 3 },
        bilateral: { position: 50, colour: 5, weight: only === "_gauss" ? 0 : 10 },
      });
      assertClose(marginals, golden.f32(key), { absolute: 1e-4, name: key });
      if (iterations === longest) assertEquals(argmaxLabels(marginals, classes), Uint8Array.from(golden.i32("pred")));
    }
  });
}

Deno.test("denseCrf() of a single pixel adds both weights times its marginals to the logits", () => {
  const image = noise(1, 1), energies = [0.3, 1.1, 0.7];
  let q = softmax(energies.map((u) => -u));
  for (let i = 0; i < 4; i++) q = softmax(q.map((value, l) => 13 * value - energies[l]!));
  const found = denseCrf({ image, unary: Float32Array.from(energies), classes: 3, iterations: 4 });
  assertClose(found, q, { absolute: 1e-5 });
});

Deno.test("denseCrf() without iterations or without weights is the softmax of the energies", () => {
  const image = noise(3, 2), random = generator(2);
  const unary = Float32Array.from({ length: 5 * 6 }, () => 4 * random());
  const expected = new Float32Array(30);
  for (let i = 0; i < 6; i++) {
    const q = softmax([0, 1, 2, 3, 4].map((l) => -unary[l * 6 + i]!));
    q.forEach((value, l) => expected[l * 6 + i] = value);
  }
  assertClose(denseCrf({ image, unary, classes: 5, iterations: 0 }), expected, { absolute: 1e-6 });
  const off = { gaussian: { position: 3, weight: 0 }, bilateral: { position: 50, colour: 5, weight: 0 } };
  assertClose(denseCrf({ image, unary, classes: 5, ...off }), expected, { absolute: 1e-6 });
});

Deno.test("denseCrf() with labels equals denseCrf() with their energies", () => {
  const image = noise(9, 7), labels = Uint8Array.from({ length: 63 }, (_, i) => i % 3);
  const unary = Float32Array.from(
    { length: 3 * 63 },
    (_, i) => -Math.log(labels[i % 63] === Math.floor(i / 63) ? 0.6 : 0.2),
  );
  const found = denseCrf({ image, labels, classes: 3, confidence: 0.6 });
  assertClose(found, denseCrf({ image, unary, classes: 3 }), { absolute: 1e-5 });
});

Deno.test("denseCrf() gives labels that are impossible everywhere no part in the others", () => {
  for (const [width, height] of [[1, 1], [5, 3], [17, 12]] as const) {
    const image = noise(width, height), pixels = width * height, random = generator(3);
    const all = Float32Array.from({ length: 6 * pixels }, () => 3 * random());
    for (const classes of [2, 3, 4, 5, 6]) {
      const fewer = denseCrf({ image, unary: all.slice(0, classes * pixels), classes });
      assert(fewer.every((value) => value >= 0 && value <= 1 + 1e-6));
      const more = denseCrf({ image, unary: all.slice().fill(1e4, classes * pixels), classes: 6 });
      assertClose(more.slice(0, classes * pixels), fewer, { absolute: 1e-5 });
    }
  }
});

Deno.test("denseCrf() treats all labels alike", () => {
  const image = noise(11, 6), pixels = 66, order = [4, 2, 0, 5, 1, 3], random = generator(4);
  const unary = Float32Array.from({ length: 6 * pixels }, () => 3 * random());
  const reordered = (maps: Float32Array) =>
    Float32Array.from(order.flatMap((l) => [...maps.subarray(l * pixels, (l + 1) * pixels)]));
  const found = denseCrf({ image, unary: reordered(unary), classes: 6 });
  assertClose(found, reordered(denseCrf({ image, unary, classes: 6 })), { absolute: 1e-5 });
});

Deno.test("denseCrf() removes a lone label from an even area and keeps an edge in the image", () => {
  const width = 40, height = 20, bright = (i: number) => i % width >= 20;
  const data = Uint8Array.from({ length: 3 * 800 }, (_, i) => bright(Math.floor(i / 3)) ? 200 : 40);
  const truth = Uint8Array.from({ length: 800 }, (_, i) => Number(bright(i)));
  const labels = truth.map((label, i) => i % 37 === 5 ? 1 - label : label);
  const marginals = denseCrf({ image: { width, height, data }, labels, classes: 2 });
  assertEquals(argmaxLabels(marginals, 2), truth);
});

Deno.test("denseCrf() gives the same numbers after images of other sizes", () => {
  const image = noise(33, 21), labels = Uint8Array.from({ length: 33 * 21 }, (_, i) => i % 4);
  const first = denseCrf({ image, labels, classes: 4 });
  denseCrf({ image: noise(150, 90, 5), labels: new Uint8Array(150 * 90), classes: 7 });
  denseCrf({ image: noise(2, 2, 6), labels: new Uint8Array(4), classes: 2 });
  assertEquals(denseCrf({ image, labels, classes: 4 }), first);
});

Deno.test("denseCrf() names what does not fit", () => {
  const image = noise(4, 3), labels = new Uint8Array(12);
  const fails = (change: Record<string, unknown>, message: string) =>
    assertThrows(() => denseCrf({ image, labels, classes: 2, ...change }), RangeError, message);
  fails({ image: { ...image, width: 5 } }, "5×3");
  fails({ image: { width: 0, height: 3, data: new Uint8Array() } }, "0×3");
  fails({ classes: 1 }, "at least 2 classes");
  fails({ labels: new Uint8Array(11) }, "3×4 labels but found 11");
  fails({ labels: labels.with(7, 2) }, "found 2 at pixel 7");
  fails({ confidence: 1 }, "confidence");
  fails({ iterations: 1.5 }, "1.5");
  fails({ gaussian: { position: 0, weight: 3 } }, "gaussian.position");
  fails({ bilateral: { position: 50, colour: NaN, weight: 3 } }, "bilateral.colour");
  fails({ bilateral: { position: 1e-7, colour: 1e-7, weight: 3 } }, "larger standard deviations");
  assertThrows(() => denseCrf({ image, unary: new Float32Array(23), classes: 2 }), RangeError, "2×3×4");
  assertThrows(() => argmaxLabels(new Float32Array(7), 2), RangeError, "found 7");
});

Deno.test("refineLabels() solves maps side by side as denseCrf() solves each alone", () => {
  const width = 23, height = 14, pixels = width * height;
  const image = { width, height, data: Uint8Array.from({ length: 3 * pixels }, (_, i) => (i * i) % 97 + i % 50) };
  for (const classes of [2, 3, 4, 6]) {
    const maps = [5, 3, 7].map((period) =>
      Uint8Array.from({ length: pixels }, (_, i) => Math.floor(i / period) % classes)
    );
    const alone = maps.map((labels) => argmaxLabels(denseCrf({ image, labels, classes }), classes));
    assertEquals(refineLabels(image, maps, { ...CRF_DEFAULTS, classes }), alone);
  }
});
