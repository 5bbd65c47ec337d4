import { assert, assertEquals } from "../assert.ts";
import { readGolden } from "../golden.ts";
import {
  cropImage,
  cropLabel,
  drawCrop,
  EFFICIENTNET_LITE,
  flipImage,
  IMAGENET,
  normalise,
  random,
} from "../../lib/data/mod.ts";

const asIs = { mean: [0, 0, 0], standardDeviation: [1, 1, 1] } as const;

Deno.test("normalise() equals the reference with ImageNet's convention", async () => {
  const golden = await readGolden("g13_normalize");
  const [height, width] = golden.shape("img") as [number, number];
  const out = normalise({ width, height, data: Uint8Array.from(golden.i32("img")) }, IMAGENET);
  assertEquals(out, golden.f32("out"));
});

Deno.test("normalise() gives every level of every channel as ((v / 255) − mean) / deviation does", () => {
  const data = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
  const mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225];
  const expected = Float32Array.from(data, (v, i) => (v / 255 - mean[i % 3]!) / deviation[i % 3]!);
  assertEquals(normalise({ width: 256, height: 1, data }, IMAGENET), expected);
  const lite = normalise({ width: 256, height: 1, data }, EFFICIENTNET_LITE);
  assertEquals(lite, Float32Array.from(data, (v) => (v - 127) / 128));
});

Deno.test("cropImage() equals the reference's crops", async () => {
  const golden = await readGolden("g13_crops");
  const [height, width] = golden.shape("img") as [number, number];
  const image = { width, height, data: Uint8Array.from(golden.i32("img")) };
  for (const key of Object.keys(golden.arrays)) {
    if (key === "img") continue;
    const [h, w] = golden.shape(key) as [number, number];
    const middle = key.startsWith("center");
    const top = middle ? Math.trunc((height - h) / 2) : 0, left = middle ? Math.trunc((width - w) / 2) : 0;
    const crop = cropImage(image, { height: h, width: w, top, left, preprocess: asIs });
    assertEquals(crop, golden.f32(key), key);
  }
});

Deno.test("cropLabel() mirrors first, then places, and fills with void", () => {
  const label = { width: 3, height: 1, data: Uint8Array.of(1, 2, 3) };
  assertEquals([...cropLabel(label, { height: 1, width: 2, left: 1, flip: true })], [2, 1]);
  assertEquals([...cropLabel(label, { height: 2, width: 5, left: -1, top: -1, flip: true })], [
    ...[255, 255, 255, 255, 255],
    ...[255, 3, 2, 1, 255],
  ]);
  assertEquals([...cropLabel(label, { height: 1, width: 2, left: 9, fill: 0 })], [0, 0]);
});

Deno.test("cropImage() places pixels where cropLabel() places their labels", () => {
  const label = { width: 7, height: 5, data: Uint8Array.from({ length: 35 }, (_, i) => i + 1) };
  const image = { width: 7, height: 5, data: Uint8Array.from({ length: 105 }, (_, i) => Math.floor(i / 3) + 1) };
  for (const crop of [{ top: 1, left: 2 }, { top: -2, left: -1 }, { top: 3, left: -3 }, {}]) {
    for (const flip of [false, true]) {
      const canvas = { height: 6, width: 4, flip, ...crop };
      const pixels = cropImage(image, { ...canvas, preprocess: asIs }).filter((_, i) => i % 3 === 1);
      assertEquals([...pixels], [...cropLabel(label, { ...canvas, fill: 0 })]);
    }
  }
});

Deno.test("flipImage() twice is the image itself, and once what a flipped crop shows", () => {
  const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
  const flipped = flipImage(image);
  assertEquals([...flipped.data.subarray(0, 9)], [6, 7, 8, 3, 4, 5, 0, 1, 2]);
  assertEquals(flipImage(flipped), image);
  assertEquals(
    cropImage(image, { height: 2, width: 3, flip: true, preprocess: asIs }),
    normalise(flipped, asIs),
  );
});

Deno.test("drawCrop() reaches both ends of the image, and of the canvas", () => {
  const draw = random(1);
  const seen = new Set<string>();
  for (let i = 0; i < 400; i++) {
    const { left, top } = drawCrop({ width: 7, height: 3 }, { size: 5, draw });
    seen.add(`${left} ${top}`);
  }
  assertEquals([...seen].sort(), ["0 -1", "0 -2", "0 0", "1 -1", "1 -2", "1 0", "2 -1", "2 -2", "2 0"]);
});

Deno.test("drawCrop() draws columns before rows", () => {
  const values = [0.9, 0];
  const { left, top } = drawCrop({ width: 10, height: 10 }, { size: 5, draw: () => values.shift()! });
  assertEquals({ left, top }, { left: 5, top: 0 });
  assert(values.length === 0);
});
