import { affinity, propagate } from "../../lib/affinity/mod.ts";
import { findCentroids } from "../../lib/displacement/mod.ts";
import { pixelFigure, type PixelFigureOptions } from "../../lib/figures/mod.ts";
import { pairCounts } from "../../lib/irnet/mod.ts";
import { pathIndex, sourceIndices } from "../../lib/relation/mod.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { lacks } from "../needs.ts";
import { chromium, Page } from "./chromium.ts";

/** Maps of 18×22 that look random; labels in blocks. */
const height = 18, width = 22, size = height * width;
const noise = (length: number, factor: number) =>
  Float32Array.from({ length }, (_, i) => (1 + Math.sin(12.9898 * (i + 1) * factor)) / 2);
const boundary = { height, width, data: noise(size, 1).map((value) => value ** 4) };
const displacement = { height, width, data: noise(2 * size, 3).map((value) => 4 * value - 2) };
const image = { height: 4 * height, width: 4 * width, data: new Uint8Array(48 * size).fill(120) };
const labelAt = (y: number, x: number) => [1, 0, 255, 2][(Math.floor(y / 16) + Math.floor(x / 20)) % 4]!;
const labels = {
  height: image.height,
  width: image.width,
  data: Uint8Array.from({ length: 16 * size }, (_, i) => labelAt(Math.floor(i / image.width), i % image.width)),
};
const walk = { radius: 5, beta: 4, steps: 12 }, refinement = { iterations: 5, clusterThreshold: 2.5 };
const options: PixelFigureOptions = {
  ...{ boundary, displacement, labels, classes: ["cat", "dog"], walk, refinement, pairRadius: 5, pixel: [9, 8] },
};

interface Numbers {
  y: number;
  x: number;
  beta: number;
  steps: number;
  affinities: { dy: number; dx: number; value: number }[];
  heat: number[];
  path: [number, number][];
  pairs: { dy: number; dx: number; kind: number }[];
}

/** What the page says about its pixel, held against the library's functions. */
function checkNumbers({ y, x, beta, steps, affinities, heat, path, pairs }: Numbers) {
  const index = pathIndex(walk.radius), grid = { height, width }, at = y * width + x;
  const values = affinity(boundary.data, { ...grid, radius: walk.radius }), sources = [...sourceIndices(index, grid)];
  let compared = 0;
  for (const { dy, dx, value } of affinities) {
    if (dy === 0 && dx === 0) continue;
    const [from, sign] = dy > 0 || (dy === 0 && dx > 0) ? [at, 1] : [at + dy * width + dx, -1];
    const source = sources.indexOf(from); // those at the rim are no sources in training
    if (source < 0) continue;
    const isIt = (_: unknown, d: number) =>
      index.destinations[2 * d] === sign * dy && index.destinations[2 * d + 1] === sign * dx;
    const pair = Array.from({ length: index.count }).findIndex(isIt);
    assertEquals(value, values[pair * sources.length + source]);
    compared++;
  }
  assert(compared > 20, `Expected pairs of a pixel but found ${compared}`);

  const unit = Float32Array.from({ length: size }, (_, i) => i === at ? 1 : 0);
  const expected = propagate(unit, boundary.data, { count: 1, ...grid, radius: walk.radius, beta, steps });
  assertClose(heat, expected, { absolute: 1e-5 * Math.max(...expected), name: "heat" });

  const centroids = findCentroids(displacement.data, { ...grid, iterations: refinement.iterations });
  assertEquals(path.at(-1)!.map((place) => Math.round(place)), [centroids[at], centroids[size + at]]);
  for (const [round, place] of path.entries()) {
    const after = findCentroids(displacement.data, { ...grid, iterations: round });
    assertEquals(place.map((value) => Math.round(value)), [after[at], after[size + at]]);
  }

  // Alone in a map of unknown labels, a pixel and its neighbours make the pairs that the library counts.
  const far = 4, side = 6 * far + 1, room = new Uint8Array(side * side).fill(255), counts = [0, 0, 0];
  const small = (py: number, px: number) => labelAt(4 * py + 1, 4 * px + 1);
  for (const { dy, dx, kind } of pairs) {
    room.fill(255);
    room[3 * far * side + 3 * far] = small(y, x);
    room[(3 * far + dy) * side + 3 * far + dx] = small(y + dy, x + dx);
    const { foreground, background, negative } = pairCounts([room], { index, size: { height: side, width: side } });
    assertEquals([foreground, background, negative, 1 - foreground - background - negative].indexOf(1), kind);
    if (kind < 3) counts[kind]!++;
  }
  assert(counts.some((count) => count > 0));
}

Deno.test({
  name: "pixelFigure() in a browser gives the library's affinities, walk, end points and pairs, by pointer and by keys",
  ignore: lacks("chromium", chromium !== null),
  fn: async () => {
    const file = await Deno.makeTempFile({ suffix: ".html" });
    await Deno.writeTextFile(file, await pixelFigure(image, { ...options, id: "pixel" }).html());
    const page = await Page.open(file, { width: 1280 });
    const numbers = async (): Promise<Numbers> => await page.evaluate("document.getElementById('pixel').numbers()");
    try {
      await page.until("document.getElementById('pixel').numbers");
      const first = await numbers();
      assertEquals([first.y, first.x, first.beta, first.steps], [9, 8, 4, 12]);
      checkNumbers(first);

      const [left, top, unit] = await page.evaluate(`(() => { const box = document.querySelector("canvas")
        .getBoundingClientRect(); return [box.left, box.top, box.width / ${width}]; })()`);
      for (const type of ["mousePressed", "mouseReleased"]) {
        const place = { x: left + 14.5 * unit, y: top + 6.5 * unit };
        await page.send("Input.dispatchMouseEvent", { type, ...place, button: "left", clickCount: 1 });
      }
      await page.evaluate(`document.querySelector("canvas").focus()`);
      await page.press("ArrowDown");
      await page.press("ArrowRight");
      await page.evaluate(`document.querySelector("[name=beta]").focus()`);
      await page.press("ArrowRight");
      await page.evaluate(`{ const range = document.querySelector("[name=steps]"); range.value = 40;
        range.dispatchEvent(new Event("input")); }`);
      const second = await numbers();
      assertEquals([second.y, second.x, second.beta, second.steps], [7, 15, 5, 40]);
      checkNumbers(second);
      await page.until(`document.querySelector("output").textContent.startsWith("Row 7, column 15,")`);

      for (const wide of [1600, 828, 360]) {
        await page.resize(wide);
        await page.until(`document.documentElement.scrollWidth <= ${wide}`);
      }
      assertEquals(page.errors, []);
      assertEquals(page.requests.filter((url) => !/^(data|blob):/.test(url)), [`file://${file}`]);
    } finally {
      await page.close();
      await Deno.remove(file);
    }
  },
});

Deno.test("pixelFigure() refuses no maps, maps of two sizes, and a pixel outside", () => {
  assertThrows(() => pixelFigure(image, { classes: [] }), RangeError, "found none of them");
  const other = { height: 1, width: 1, data: Float32Array.of(0) };
  assertThrows(() => pixelFigure(image, { ...options, boundary: other }), RangeError, "maps of 1×1 but found 18×22");
  assertThrows(() => pixelFigure(image, { ...options, pixel: [18, 0] }), RangeError, "within 18×22");
});
