import {
  colourMap,
  drawBoundary,
  drawCam,
  drawClusters,
  drawColourWheel,
  drawDisplacement,
  drawDisplacementArrows,
  drawGroundTruth,
  drawInstances,
  drawLabels,
  type RgbImage,
} from "../../lib/figures/mod.ts";
import { vocPalette } from "../../lib/data/mod.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

const pixel = (
  { width, data }: RgbImage,
  y: number,
  x: number,
) => [...data.subarray((y * width + x) * 3).subarray(0, 3)];
const black = (height: number, width: number): RgbImage => ({
  height,
  width,
  data: new Uint8Array(height * width * 3),
});
const labels = (height: number, width: number, ...values: number[]) => ({
  height,
  width,
  data: Uint8Array.from(values),
});

Deno.test("colourMap() has the published ends and never gets darker", () => {
  const viridis = colourMap("viridis"), inferno = colourMap("inferno");
  assertEquals([...viridis.subarray(0, 3)], [0x44, 0x01, 0x54]);
  assertEquals([...viridis.subarray(-3)], [0xfd, 0xe7, 0x25]);
  assertEquals([...inferno.subarray(0, 3)], [0, 0, 4]);
  assertEquals([...inferno.subarray(-3)], [0xfc, 0xff, 0xa4]);
  for (const table of [viridis, inferno]) {
    const light = (i: number) => 0.2126 * table[i * 3]! + 0.7152 * table[i * 3 + 1]! + 0.0722 * table[i * 3 + 2]!;
    for (let i = 1; i < 256; i++) assert(light(i) >= light(i - 1) - 1, `step ${i}`);
  }
});

Deno.test("drawCam() lays the map's colours over the grey photograph", () => {
  const image = { width: 3, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 0, 255, 255, 255) };
  const cam = { width: 3, height: 1, data: Float32Array.of(0, 1, 7) };
  assertEquals([...drawCam(image, cam, { opacity: 1 }).data], [0x44, 1, 0x54, 0xfd, 0xe7, 0x25, 0xfd, 0xe7, 0x25]);
  assertEquals([...drawCam(image, cam, { opacity: 0 }).data], [76, 76, 76, 0, 0, 0, 255, 255, 255]);
  assertEquals([...drawCam(image, cam, { opacity: 0.5 }).data].slice(0, 3), [72, 39, 80]);
});

Deno.test("drawBoundary() stretches the map between the centres of its pixels", () => {
  const picture = drawBoundary({ height: 1, width: 2, data: Float32Array.of(0, 1) }, { height: 1, width: 4 });
  const table = colourMap("inferno");
  const levels = [0, 0.25, 0.75, 1].map((value) => Math.round(value * 255));
  assertEquals([...picture.data], levels.flatMap((level) => [...table.subarray(level * 3, level * 3 + 3)]));
});

Deno.test("drawLabels() shows background as grey, classes in VOC's colours and 255 light", () => {
  const image = { width: 3, height: 1, data: Uint8Array.of(30, 30, 30, 0, 0, 0, 0, 0, 0) };
  const picture = drawLabels(image, labels(1, 3, 0, 15, 255), { opacity: 0.5 });
  assertEquals(pixel(picture, 0, 0), [30, 30, 30]);
  assertEquals(pixel(picture, 0, 1), [...vocPalette().subarray(45, 48)], "a rim has the full colour");
  assertEquals(pixel(picture, 0, 2), [123, 122, 119]);
  assertThrows(() => drawLabels(image, labels(1, 2, 0, 0)), RangeError, "Expected a map of 1×3 but found 1×2");
});

Deno.test("drawGroundTruth() draws white lines inside ground-truth instances", () => {
  const classes = labels(3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1);
  const objects = labels(3, 3, 1, 1, 1, 1, 1, 1, 2, 2, 2);
  const picture = drawGroundTruth(black(3, 3), classes, objects);
  assertEquals(pixel(picture, 0, 0), pixel(drawLabels(black(3, 3), classes), 0, 0));
  for (const y of [1, 2]) assert(pixel(picture, y, 1).every((value) => value > 225));
  assertEquals(drawGroundTruth(black(3, 3), classes), drawLabels(black(3, 3), classes));
});

Deno.test("drawDisplacement() is white at rest and agrees with its wheel", () => {
  const field = (dy: number, dx: number) => ({ height: 1, width: 1, data: Float32Array.of(dy, dx) });
  const options = { height: 1, width: 1, reach: 10 };
  assertEquals([...drawDisplacement(field(0, 0), options).data], [255, 255, 255]);
  const size = 41, wheel = drawColourWheel(size), centre = (size - 1) / 2;
  assertEquals(pixel(wheel, centre, centre), [255, 255, 255]);
  assertEquals(pixel(wheel, 0, 0), [255, 255, 255]);
  for (const [y, x] of [[5, 20], [20, 35], [33, 9], [20, 3]] as const) {
    const unit = 20 / size; // pixels of the wheel → displacements of up to 10
    const moved = field((y - centre) * unit, (x - centre) * unit);
    assertEquals([...drawDisplacement(moved, options).data], pixel(wheel, y, x), `${y}, ${x}`);
  }
});

Deno.test("drawDisplacement() takes the usual length for full colour, a pixel at least", () => {
  const row = { height: 1, width: 2, data: Float32Array.of(0, 0, 4, -4) };
  const size = { height: 1, width: 2 };
  assertEquals(drawDisplacement(row, size), drawDisplacement(row, { ...size, reach: 4 }));
  const still = { height: 1, width: 2, data: Float32Array.of(0, 0, 0.01, 0) };
  assert(drawDisplacement(still, size).data.every((value) => value > 250));
});

Deno.test("drawDisplacementArrows() draws along the displacement and nothing elsewhere", async () => {
  const field = { height: 1, width: 1, data: Float32Array.of(0, 0.5) }; // half the picture to the right
  const picture = await drawDisplacementArrows(black(32, 32), field, { every: 32 });
  assert(pixel(picture, 16, 22)[0]! > 150 && pixel(picture, 15, 22)[0]! > 100);
  assertEquals(pixel(picture, 4, 4), [0, 0, 0]);
  assertEquals(pixel(picture, 16, 6), [0, 0, 0]);
});

Deno.test("drawClusters() gives every cluster one colour", () => {
  const map = Int32Array.of(0, 0, 1, 1);
  const picture = drawClusters(black(2, 8), { height: 1, width: 4, map }, { opacity: 1 });
  assertEquals(pixel(picture, 0, 0), pixel(picture, 1, 3));
  assertEquals(pixel(picture, 0, 4), pixel(picture, 1, 7));
  assert(pixel(picture, 0, 3).join() !== pixel(picture, 0, 4).join());
});

Deno.test("drawInstances() puts higher scores on top and leaves fragments out", () => {
  const size = { height: 1, width: 7 };
  const mask = Uint8Array.from([[1, 1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 0, 1]].flat());
  const picture = drawInstances(black(1, 7), { ...size, score: [0.5, 0, 0.9], class: [0, 0, 0], mask });
  assertEquals(pixel(picture, 0, 5), [0, 0, 0]);
  assertEquals(pixel(picture, 0, 1), pixel(picture, 0, 3));
  assertEquals(pixel(picture, 0, 4), [230, 230, 230]); // a rim
  const both = Uint8Array.from([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1]].flat());
  const covered = (score: number[]) => drawInstances(black(1, 7), { ...size, score, class: [0, 0], mask: both });
  assert(pixel(covered([0.9, 0.1]), 0, 3).join() !== pixel(covered([0.1, 0.9]), 0, 3).join());
});
