import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  augmentClassification,
  augmentLabelled,
  IMAGENET,
  jitterColours,
  normalise,
  random,
} from "../../lib/data/mod.ts";

const noise = (width: number, height: number) => {
  const draw = random(5, "noise");
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(draw() * 256)) };
};
const asIs = { mean: [0, 0, 0], standardDeviation: [1, 1, 1] } as const;

Deno.test("augmentClassification() gives the same view for the same key and another for others", () => {
  const image = noise(50, 40);
  const view = (...key: number[]) =>
    augmentClassification(image, {
      preprocess: IMAGENET,
      crop: 32,
      scale: [0.6, 1.6],
      shift: 0.1,
      colourJitter: 0.2,
      draw: random(0, ...key),
    });
  assertEquals(view(3, 17), view(3, 17));
  assertEquals(view(3, 17).length, 32 * 32 * 3);
  assert(view(3, 17).some((v, i) => v !== view(3, 18)[i]));
  assert(view(3, 17).some((v, i) => v !== view(4, 17)[i]));
});

Deno.test("augmentClassification() makes the longer side a whole number within resizeLong", () => {
  const white = { width: 20, height: 10, data: new Uint8Array(600).fill(255) };
  const sides = new Set<number>();
  for (let index = 0; index < 60; index++) {
    const view = augmentClassification(white, {
      preprocess: asIs,
      crop: 40,
      resizeLong: [28, 31],
      draw: random(0, index),
    });
    const covered = Array.from({ length: 1600 }, (_, i) => view[i * 3]! > 0);
    const columns = Array.from({ length: 40 }, (_, x) => covered.some((c, i) => c && i % 40 === x)).filter(Boolean);
    const rows = Array.from({ length: 40 }, (_, y) => covered.slice(y * 40, y * 40 + 40).some(Boolean)).filter(Boolean);
    sides.add(columns.length);
    assert(Math.abs(rows.length - columns.length / 2) <= 0.5);
  }
  assertEquals([...sides].sort(), [28, 29, 30, 31]);
});

Deno.test("augmentClassification() without changes is the normalised image", () => {
  const image = noise(16, 16);
  const options = { preprocess: IMAGENET, crop: 16, flip: false, draw: random(0) };
  assertEquals(augmentClassification(image, options), normalise(image, IMAGENET));
  assertEquals(augmentClassification(image, { ...options, shift: 0 }), normalise(image, IMAGENET));
});

Deno.test("augmentLabelled() moves image and label alike", () => {
  // a picture of two flat halves: wherever it lands, bright pixels are class 7 and dark ones class 0
  const label = { width: 40, height: 30, data: Uint8Array.from({ length: 1200 }, (_, i) => i % 40 < 15 ? 7 : 0) };
  const data = Uint8Array.from({ length: 3600 }, (_, i) => label.data[Math.floor(i / 3)] ? 240 : 20);
  let flips = 0;
  for (let index = 0; index < 40; index++) {
    const view = augmentLabelled({ image: { width: 40, height: 30, data }, label }, {
      preprocess: asIs,
      crop: 48,
      scale: [0.5, 1.5],
      draw: random(1, index),
    });
    let wrong = 0, inside = 0;
    const columns = { bright: [0, 0], dark: [0, 0] };
    view.label.forEach((id, i) => {
      const value = view.image[i * 3]!;
      if (id === 255) return assertEquals(value, 0);
      inside++;
      if ((id === 7) !== (value > 130)) wrong++;
      const side = id === 7 ? columns.bright : columns.dark;
      side[0]! += i % 48;
      side[1]! += 1;
    });
    assert(wrong <= inside / 20, `${wrong} of ${inside} pixels`);
    if (columns.bright[0]! / columns.bright[1]! > columns.dark[0]! / columns.dark[1]!) flips++;
  }
  assert(flips > 8 && flips < 32, `${flips} of 40 mirrored`);
});

Deno.test("augmentLabelled() refuses a label map of another size", () => {
  const label = { width: 9, height: 10, data: new Uint8Array(90) };
  const options = { preprocess: asIs, crop: 8, scale: [1, 1] as const, draw: random(0) };
  assertThrows(
    () => augmentLabelled({ image: noise(10, 9), label }, options),
    RangeError,
    "10×9 pixels but found 9×10",
  );
});

Deno.test("jitterColours() of strength 0 changes nothing", () => {
  const image = noise(8, 8);
  assertEquals(jitterColours(image, { strength: 0, draw: random(0) }), image);
});

Deno.test("random() is uniform, and its keys do not run into one another", () => {
  const draw = random(9, "uniform");
  const bins = new Array(10).fill(0);
  for (let i = 0; i < 10000; i++) bins[Math.floor(draw() * 10)]++;
  assert(bins.every((n) => n > 880 && n < 1120), bins.join());
  assert(random(0, 1, 23)() !== random(0, 12, 3)());
  assert(random(0, "ab", "c")() !== random(0, "a", "bc")());
  const firsts = Array.from({ length: 2000 }, (_, i) => random(0, 0, i)());
  assert(Math.abs(firsts.reduce((a, b) => a + b) / 2000 - 0.5) < 0.03);
  assertEquals(new Set(firsts).size, 2000);
});
