import {
  addSweep,
  countConfusion,
  countSweep,
  emptyConfusion,
  emptySweep,
  powerMetrics,
  sweepMetrics,
} from "../../lib/evaluation/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";

let seed = 7;
const random = () => (seed = Math.imul(seed, 48271) >>> 0) / 2 ** 32;
const size = { height: 9, width: 11 };
const image = () => ({
  scored: {
    ...size,
    score: Float32Array.from({ length: 99 }, () => Math.round(random() * 20) / 20), // often on a threshold
    label: Uint8Array.from({ length: 99 }, () => Math.floor(random() * 4)),
  },
  groundTruth: {
    ...size,
    data: Uint8Array.from({ length: 99 }, () => random() < 0.1 ? 255 : Math.floor(random() * 4)),
  },
});

Deno.test("countSweep() counts what thresholding one by one counts", () => {
  const thresholds = [0.3, 0.05, 0.95, 0.5];
  const sweep = emptySweep(thresholds, 4);
  const images = [image(), image()];
  images.forEach((pair) => countSweep(sweep, pair));
  assertEquals(sweep.thresholds, [0.05, 0.3, 0.5, 0.95]);
  sweep.thresholds.forEach((threshold, t) => {
    const expected = emptyConfusion(4);
    for (const { scored, groundTruth } of images) {
      const data = scored.label.map((id, i) => scored.score[i]! > Math.fround(threshold) ? id : 0);
      countConfusion(expected, { predicted: { ...size, data }, groundTruth });
    }
    assertEquals(sweep.confusions[t], expected, `at ${threshold}`);
  });

  const parts = images.map((pair) => {
    const part = emptySweep(thresholds, 4);
    countSweep(part, pair);
    return JSON.parse(JSON.stringify(part));
  });
  addSweep(parts[0]!, parts[1]!);
  assertEquals(parts[0], sweep);
});

Deno.test("sweepMetrics() finds the best threshold, the lowest on ties", () => {
  const sweep = emptySweep([0.1, 0.4, 0.5, 0.9], 2);
  const row = { height: 1, width: 3 };
  countSweep(sweep, {
    scored: { ...row, score: Float32Array.of(0.3, 0.6, 0.8), label: Uint8Array.of(1, 1, 1) },
    groundTruth: { ...row, data: Uint8Array.of(0, 1, 1) },
  });
  const { curve, best } = sweepMetrics(sweep, { classes: ["a"] });
  // at 0.1 the background is missed; at 0.9 everything is background: IoU 1/3 and 0
  assertEquals(curve, [
    { threshold: 0.1, miou: 33.3333 },
    { threshold: 0.4, miou: 100 },
    { threshold: 0.5, miou: 100 },
    { threshold: 0.9, miou: 16.6667 },
  ]);
  assertEquals(best, { threshold: 0.4, miou: 100 });

  const all = { powers: [2, 1], split: "val", images: 1, classes: ["a"] };
  const { rows, best: first, ...rest } = powerMetrics([emptySweep([0.1, 0.4, 0.5, 0.9], 2), sweep], all);
  assertEquals(rest, { split: "val", images: 1 });
  assertEquals(rows.map(({ power, best }) => [power, best.miou]), [[2, null], [1, 100]]);
  assertEquals(first, { power: 1, threshold: 0.4, miou: 100 });
});

Deno.test("countSweep() and addSweep() refuse what does not fit", () => {
  assertThrows(() => emptySweep([], 2), RangeError, "at least one threshold");
  const pair = image();
  assertThrows(() => countSweep(emptySweep([0.5], 3), pair), RangeError, "0…2 but found 3");
  assertThrows(() => addSweep(emptySweep([0.5], 3), emptySweep([0.6], 3)), RangeError, "0.5 but found 0.6");
});
