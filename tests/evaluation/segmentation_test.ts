import {
  addConfusion,
  addLabelCounts,
  countConfusion,
  countLabels,
  emptyConfusion,
  emptyLabelCounts,
  imageIou,
  type LabelMap,
  labelScores,
  packConfusion,
  segmentationScores,
  unpackConfusion,
} from "../../lib/evaluation/mod.ts";
import { assertAlmostEquals, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

const map = (...data: number[]): LabelMap => ({ height: 2, width: data.length / 2, data: Uint8Array.from(data) });

Deno.test("countConfusion() counts 2×2 pixels by ground truth and prediction, void left out", () => {
  const total = emptyConfusion(3);
  countConfusion(total, { predicted: map(0, 1, 2, 2), groundTruth: map(0, 1, 1, 255) });
  countConfusion(total, { predicted: map(0, 1, 2, 1), groundTruth: map(0, 0, 2, 2) });
  assertEquals(total, { labels: 3, counts: [2, 1, 0, 0, 1, 1, 0, 1, 1] });
  const twice = emptyConfusion(3);
  addConfusion(twice, total);
  addConfusion(twice, JSON.parse(JSON.stringify(total)));
  assertEquals(twice.counts, [4, 2, 0, 0, 2, 2, 0, 2, 2]);
});

Deno.test("countConfusion() takes uncertain pixels for background only when asked", () => {
  const pair = { predicted: map(255, 1, 255, 0), groundTruth: map(0, 1, 1, 255) };
  const total = emptyConfusion(2);
  assertThrows(() => countConfusion(total, pair), RangeError, "predicted labels 0…1 but found 255");
  countConfusion(total, { ...pair, uncertainIsBackground: true });
  assertEquals(total.counts, [1, 0, 1, 1]);
});

Deno.test("countConfusion() refuses other sizes and labels, and changes nothing then", () => {
  const total = emptyConfusion(2);
  assertThrows(() => countConfusion(total, { predicted: map(0, 0), groundTruth: map(0, 0, 0, 0) }), RangeError, "2×1");
  assertThrows(() => countConfusion(total, { predicted: map(0, 0), groundTruth: map(0, 2) }), RangeError, "found 2");
  assertEquals(total, emptyConfusion(2));
  assertThrows(() => addConfusion(total, emptyConfusion(3)), RangeError, "2 labels but found 3");
});

Deno.test("segmentationScores() works out IoU, precision, recall and the mean over chosen classes", () => {
  // truth 0: 3 right, 1 called b; truth a: 2 right, 2 called background; b: never true; c: not at all.
  const confusion = { labels: 4, counts: [3, 0, 1, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  const classes = ["a", "b", "c"];
  const { rows, mean } = segmentationScores(confusion, { classes });
  assertEquals(rows, [
    { name: "background", iou: 3 / 6, precision: 3 / 5, recall: 3 / 4 },
    { name: "a", iou: 2 / 4, precision: 1, recall: 2 / 4 },
    { name: "b", iou: 0, precision: 0, recall: NaN },
    { name: "c", iou: NaN, precision: NaN, recall: NaN },
  ]);
  assertAlmostEquals(mean, (0.5 + 0.5 + 0) / 3, 1e-15);
  assertEquals(segmentationScores(confusion, { classes, chosen: ["c", "a"] }).mean, 0.5);
  assertThrows(() => segmentationScores(confusion, { classes, chosen: ["a", "x"] }), Error, "a, b, c but found x");
  assertThrows(() => segmentationScores(confusion, { classes: ["a"] }), RangeError, "2 labels but found 4");
});

Deno.test("segmentationScores() equals the reference", async () => {
  const golden = await readGolden("g12_miou");
  const labels = golden.shape("confusion")[0]!;
  const total = emptyConfusion(labels);
  const images = Object.keys(golden.arrays).filter((key) => /^gt\d+$/.test(key)).length;
  for (let n = 0; n < images; n++) {
    const [height, width] = golden.shape(`gt${n}`) as [number, number];
    const predicted = { height, width, data: Uint8Array.from(golden.i32(`pred${n}`)) };
    const groundTruth = { height, width, data: Uint8Array.from(golden.i32(`gt${n}`), (id) => id < 0 ? 255 : id) };
    countConfusion(total, { predicted, groundTruth });
  }
  assertEquals(total.counts, Array.from(golden.i32("confusion")));
  const classes = Array.from({ length: labels - 1 }, (_, c) => `class ${c}`);
  const { rows, mean } = segmentationScores(total, { classes });
  assertClose(rows.map(({ iou }) => iou), golden.params.iou, { absolute: 1e-12 });
  assertAlmostEquals(mean, golden.params.miou, 1e-12);
});

const row = (...data: number[]): LabelMap => ({ height: 1, width: data.length, data: Uint8Array.from(data) });

Deno.test("imageIou() is the mean over labels that occur; void pixels do not count", () => {
  const classes = ["cat", "dog", "cow"];
  assertAlmostEquals(imageIou(row(0, 0, 1, 1, 2), row(0, 1, 1, 1, 255), { classes }), (1 / 2 + 2 / 3) / 2);
  assertAlmostEquals(imageIou(row(0, 255, 2), row(0, 0, 1), { classes }), (1 + 0 + 0) / 3);
  assertEquals(imageIou(row(1), row(255), { classes }), NaN);
});

Deno.test("countLabels() leaves void out of right and wrong, not out of the uncertain fraction", () => {
  const counts = emptyLabelCounts();
  countLabels(counts, { predicted: map(1, 1, 1, 0, 0, 255), groundTruth: map(1, 2, 255, 0, 255, 255) });
  countLabels(counts, { predicted: map(2, 0), groundTruth: map(2, 1) });
  assertEquals(counts, {
    foregroundRight: 2,
    foregroundWrong: 1,
    backgroundRight: 1,
    backgroundWrong: 1,
    uncertain: 1,
    pixels: 8,
  });
  assertEquals(labelScores(counts), { foreground: 2 / 3, background: 0.5, uncertain: 0.125 });
  const total = emptyLabelCounts();
  addLabelCounts(total, counts);
  addLabelCounts(total, JSON.parse(JSON.stringify(counts)));
  assertEquals(labelScores(total), labelScores(counts));
  assertEquals(total.pixels, 16);
});

Deno.test("countLabels() refuses other sizes", () => {
  assertThrows(
    () => countLabels(emptyLabelCounts(), { predicted: map(0, 0), groundTruth: map(0, 0, 0, 0) }),
    RangeError,
    "2×2 pixels but found 2×1",
  );
});

Deno.test("packConfusion() writes places and counts of many labels, of up to 64 all counts", () => {
  const many = emptyConfusion(81), few = emptyConfusion(2);
  [many.counts[0], many.counts[81 * 80 + 3], few.counts[1]] = [7, 9, 5];
  const value = { a: [{ thresholds: [0.5], confusions: [many, few] }] }, text = JSON.stringify(value, packConfusion);
  const packed = '{"labels":81,"places":[0,6483],"pixels":[7,9]},{"labels":2,"counts":[0,5,0,0]}';
  assertEquals(text, `{"a":[{"thresholds":[0.5],"confusions":[${packed}]}]}`);
  assertEquals(JSON.parse(text, unpackConfusion), value);
});
