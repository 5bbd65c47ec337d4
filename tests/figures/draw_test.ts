import sharp from "sharp";
import { vocPalette } from "../../lib/data/mod.ts";
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
  encodePicture,
  type RgbImage,
  sideBySide,
} from "../../lib/figures/mod.ts";
import { fitText, textSvg, textWidth, wrapText } from "../../lib/figures/_text.ts";
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "../assert.ts";

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
  assertThrows(() => drawLabels(image, labels(3, 1, 0, 0, 0)), RangeError, "Expected a map of 1×3 but found 3×1");
  assertEquals(drawLabels(image, labels(2, 6, 0, 0, 0, 15, 0, 255, 0, 0, 0, 15, 0, 255), { opacity: 0.5 }), picture);
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

Deno.test("drawClusters() draws pixels that reach no centroid in stripes, which are no cluster's colour", () => {
  const map = Int32Array.of(0, 0, 1, 1), clusters = { height: 1, width: 4, map };
  const drawn = (unreached: number) => drawClusters(black(2, 40), { ...clusters, unreached }, { opacity: 1 });
  assertEquals(pixel(drawn(2), 0, 1), [120, 122, 126]);
  assertEquals(pixel(drawn(2), 0, 5), [44, 46, 50]);
  assertEquals(pixel(drawn(2), 0, 30), pixel(drawn(0), 0, 30));
  assert(pixel(drawn(0), 0, 1).join() !== "120,122,126");
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

const grey = (height: number, width: number, value: number) => ({
  height,
  width,
  data: new Uint8Array(height * width * 3).fill(value),
});

Deno.test("sideBySide() puts pictures into rows on white", () => {
  const { height, width, data } = sideBySide([grey(1, 1, 10), grey(1, 1, 20), grey(1, 1, 30)], { columns: 2, gap: 1 });
  assertEquals([height, width], [3, 3]);
  assertEquals(Array.from({ length: 9 }, (_, i) => data[i * 3]), [10, 255, 20, 255, 255, 255, 30, 255, 255]);
});

Deno.test("sideBySide() centres smaller pictures", () => {
  const { height, width, data } = sideBySide([grey(3, 1, 10), grey(1, 1, 20)], { gap: 0 });
  assertEquals([height, width], [3, 2]);
  assertEquals(Array.from({ length: 6 }, (_, i) => data[i * 3]), [10, 255, 10, 20, 10, 255]);
  assertThrows(() => sideBySide([]), RangeError, "at least one");
});

Deno.test("encodePicture() keeps every pixel in a PNG, twice the same", async () => {
  const image = { height: 2, width: 2, data: Uint8Array.from({ length: 12 }, (_, i) => i * 20) };
  const file = await encodePicture(image);
  assertEquals(file, await encodePicture(image));
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  assertEquals([info.width, info.height, info.channels], [2, 2, 3]);
  assertEquals([...data], [...image.data]);
});

Deno.test("encodePicture() shrinks to the longest side and does not enlarge", async () => {
  const size = async (longest: number) => {
    const { format, width, height } = await sharp(
      await encodePicture(grey(20, 40, 9), { format: "webp", longest }),
    ).metadata();
    return [format, width, height];
  };
  assertEquals(await size(10), ["webp", 10, 5]);
  assertEquals(await size(100), ["webp", 40, 20]);
});

Deno.test("encodePicture() names the size of a picture with other values", async () => {
  const error = await assertRejects(() => encodePicture({ height: 1, width: 2, data: new Uint8Array(3) }), RangeError);
  assert(error.message.includes("Expected 1×2×3 = 6 values but found 3"));
});

Deno.test("textWidth() adds up the widths of the font, and knows the signs that figures use", () => {
  assertAlmostEquals(textWidth("A", 1000), 684, 1e-9);
  assertAlmostEquals(textWidth("AA", 10), 13.68, 1e-9);
  const box = textWidth("\u{1F600}", 1000); // not in the font: a box stands for it
  assertEquals(box, 600);
  const outline = (character: string) => /d="([^"]*)"/.exec(textSvg(character, { x: 0, y: 0 }))![1];
  for (const sign of "azAZ09éßγβησ×–…→≤≥−%().,:;+/=") assert(outline(sign) !== outline("\u{1F600}"), sign);
});

Deno.test("textSvg() draws outlines where the anchor says", () => {
  const at = (anchor: "start" | "middle" | "end") => textSvg("A", { x: 100, y: 50, size: 1000, anchor });
  assert(at("start").includes("translate(100 50)translate(0)"));
  assert(at("middle").includes("translate(100 50)translate(-342)"));
  assert(at("end").includes("translate(100 50)translate(-684)"));
  assert(!at("start").includes("<text"));
});

Deno.test("fitText() cuts, wrapText() breaks between words", () => {
  const width = textWidth("one two", 10) + 0.01;
  assertEquals(fitText("one two", 10, width), "one two");
  assertEquals(wrapText("one two three", 10, width), ["one two", "three"]);
  const cut = fitText("one two three", 10, width);
  assert(cut.endsWith("…") && textWidth(cut, 10) <= width && cut.length > 4, cut);
});
