import { assert, assertEquals, assertThrows } from "../assert.ts";
import {
  boxesMeet,
  compressCounts,
  expandCounts,
  labelRuns,
  maskToRuns,
  measureRuns,
  overlapOfRuns,
  polygonToRuns,
  readSegmentation,
  runsToMask,
  uniteRuns,
} from "../../lib/formats/mod.ts";
import { random } from "../../lib/data/mod.ts";
import { lacks } from "../needs.ts";
import { type Cases, freshCases, storedCases, withPycocotools } from "./pycocotools.ts";

const mask = (...rows: string[]) => ({
  height: rows.length,
  width: rows[0]!.length,
  data: Uint8Array.from(rows.join(""), Number),
});

function check({ masks, polygons }: Cases): void {
  for (const { size: [height, width], rows, counts, area, box } of masks) {
    const map = mask(...rows), runs = maskToRuns(map);
    assertEquals(compressCounts(runs.counts), counts);
    assertEquals(expandCounts(counts), [...runs.counts]);
    assertEquals(runsToMask(runs), map);
    assertEquals(measureRuns(runs), { area, box: box as [number, number, number, number] });
    assertEquals(
      runsToMask(readSegmentation({ size: [height, width], counts }, { height, width, name: "mask" })!),
      map,
    );
  }
  for (const { size: [height, width], polygon, counts } of polygons) {
    assertEquals(compressCounts(polygonToRuns(polygon, { height, width }).counts), counts, JSON.stringify(polygon));
  }
}

Deno.test("maskToRuns() counts down the columns, outside first", () => {
  assertEquals(maskToRuns(mask("01", "01")).counts, [2, 2]);
  assertEquals(maskToRuns(mask("10", "01")).counts, [0, 1, 2, 1]);
  assertEquals(maskToRuns(mask("00", "00")).counts, [4]);
  assertEquals(maskToRuns(mask("11", "11")).counts, [0, 4]);
});

Deno.test("labelRuns() counts every value at once, as maskToRuns() counts each", () => {
  const draw = random(5, "runs");
  for (const [height, width] of [[1, 1], [7, 5], [3, 40]] as const) {
    const map = { height, width, data: Uint8Array.from({ length: height * width }, () => Math.floor(4 * draw())) };
    const found = labelRuns(map), values = [...new Set(map.data)].filter((value) => value > 0).sort();
    assertEquals([...found.keys()].sort(), values);
    for (const value of values) {
      assertEquals(found.get(value), maskToRuns({ ...map, data: map.data.map((one) => Number(one === value)) }));
    }
  }
});

Deno.test("measureRuns() finds area and box, also of runs over several columns and of nothing", () => {
  assertEquals(measureRuns(maskToRuns(mask("000", "011", "001"))), { area: 3, box: [1, 1, 2, 2] });
  assertEquals(measureRuns(maskToRuns(mask("001", "001", "010"))), { area: 3, box: [1, 0, 2, 3] });
  assertEquals(measureRuns(maskToRuns(mask("00", "00"))), { area: 0, box: [0, 0, 0, 0] });
});

Deno.test("compressCounts() stores five bits a character and differences from the fourth length on", () => {
  assertEquals(compressCounts([6, 1, 40]), "61X1"); // 40 = 8 + 32, then 1
  assertEquals(compressCounts([5, 3, 5, 2]), "535O"); // 2 − 3 = −1: five bits set
  for (const counts of [[0, 16], [15, 16, 31, 32, 1023, 1024], [2 ** 31 - 1], [1, 2 ** 30, 3, 1, 5, 2 ** 30]]) {
    assertEquals(expandCounts(compressCounts(counts)), counts);
  }
});

Deno.test("polygonToRuns() fills squares, and nothing outside the image", () => {
  const size = { height: 4, width: 4 };
  const drawn = (polygon: number[]) => [...runsToMask(polygonToRuns(polygon, size)).data].join("");
  assertEquals(drawn([1, 1, 3, 1, 3, 3, 1, 3]), "0000011001100000");
  assertEquals(drawn([-9, -9, 9, -9, 9, 9, -9, 9]), "1".repeat(16));
  assertEquals(drawn([9, 0, 12, 0, 12, 4]), "0".repeat(16));
});

Deno.test("readSegmentation() joins polygons and reads plain and compressed run lengths", () => {
  const size = { height: 2, width: 4, name: "x" };
  const squares = [[0, 0, 1, 0, 1, 1, 0, 1], [2, 1, 4, 1, 4, 2, 2, 2]];
  assertEquals([...runsToMask(readSegmentation(squares, size)!).data].join(""), "10000011");
  for (const counts of [[0, 1, 4, 1, 1, 1], "0140M0"]) {
    assertEquals([...runsToMask(readSegmentation({ size: [2, 4], counts }, size)!).data].join(""), "10000011");
  }
});

Deno.test("readSegmentation() finds nothing in no polygon and in those of two corners, which add nothing to others", () => {
  const size = { height: 2, width: 4, name: "x" }, square = [0, 0, 1, 0, 1, 1, 0, 1];
  for (const none of [undefined, null, [], [[]], [[0, 0, 1, 1]], [[1, 1], []]]) {
    assertEquals(readSegmentation(none, size), null, JSON.stringify(none));
  }
  assertEquals(readSegmentation([square, [0, 0, 4, 2], []], size)!.counts, [0, 1, 7]);
  assertEquals(readSegmentation([{ size: [2, 4], counts: [2, 6] }, square], size)!.counts, [0, 1, 1, 6]);
  assertEquals(readSegmentation({ size: [2, 4], counts: [8] }, size)!.counts, [8]); // a mask of nothing is one
});

Deno.test("uniteRuns() and overlapOfRuns() equal what pixels say, also where runs touch, nest or are empty", () => {
  const draw = random(0, "runs");
  for (let n = 0; n < 300; n++) {
    const height = 1 + Math.floor(draw() * 4), width = 1 + Math.floor(draw() * 4);
    const masks = Array.from({ length: 3 }, () => {
      const most = draw();
      return { height, width, data: Uint8Array.from({ length: height * width }, () => draw() < most ? 1 : 0) };
    });
    const runs = masks.map(maskToRuns), [a, b] = masks;
    const any = { height, width, data: a!.data.map((_, i) => masks.some(({ data }) => data[i]) ? 1 : 0) };
    assertEquals(uniteRuns(runs), maskToRuns(any));
    const both = a!.data.reduce((sum, value, i) => sum + (value & b!.data[i]!), 0);
    assertEquals(overlapOfRuns(runs[0]!, runs[1]!), both);
    if (both > 0) assert(boxesMeet(measureRuns(runs[0]!).box, measureRuns(runs[1]!).box));
  }
  const [one, other] = [maskToRuns(mask("01")), maskToRuns(mask("0", "1"))];
  assertThrows(() => overlapOfRuns(one, other), RangeError, "Expected masks of one size but found 1×2 and 2×1");
  assertThrows(() => uniteRuns([one, other]), RangeError, "masks of one size");
  assertThrows(() => uniteRuns([]), RangeError, "at least one mask");
});

Deno.test("readSegmentation() says what is wrong", () => {
  const read = (segmentation: unknown) => () => readSegmentation(segmentation, { height: 2, width: 4, name: "one" });
  assertThrows(read("x"), Error, 'Expected run lengths or polygons as segmentation of one but found "x"');
  assertThrows(read([0, 0, 1, 0, 1, 1]), Error, "Expected a list as polygon 0 in the segmentation of one but found 0");
  assertThrows(read([[1, 2, 3]]), Error, "three corners but found 3 numbers");
  assertThrows(read([[1, 2, 3, 4, "5", 6]]), Error, "coordinate in polygon 0 in the segmentation of one but found");
  assertThrows(read([[1, 2, 3, 4, 1e9, 6]]), Error, "near the image of 2×4 pixels but found 1000000000");
  assertThrows(read({ size: [4, 2], counts: "8" }), Error, "Expected a size of [2, 4]");
  assertThrows(read({ size: [2, 4], counts: "7" }), Error, "Expected counts of 8 pixels");
  assertThrows(read({ size: [2, 4], counts: [9, -1] }), Error, "whole numbers as counts");
  assertThrows(read({ size: [2, 4], counts: "1é" }), Error, 'place 1 of the counts but found "é"');
  assertThrows(read({ size: [2, 4], counts: "1X" }), Error, "place 2 of the counts but found the end");
  assertThrows(read({ size: [2, 4], counts: "XXXXXXXXXX1" }), Error, "at most 7 characters at place 0");
  assertThrows(read({ size: [2, 4], counts: "O" }), Error, "found -1");
});

Deno.test("masks and polygons become what pycocotools makes of them", async () => check(await storedCases()));

Deno.test({
  name: "masks and polygons become what pycocotools makes of 400 and 2000 others",
  ignore: lacks("pycocotools", withPycocotools),
  fn: async () => {
    const cases = await freshCases({ seed: 7, masks: 400, polygons: 2000 });
    assert(cases.polygons.length === 2000);
    check(cases);
  },
});
