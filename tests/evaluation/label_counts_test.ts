import { addLabelCounts, countLabels, emptyLabelCounts, labelScores } from "../../lib/evaluation/mod.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const map = (...data: number[]) => ({ height: 2, width: data.length / 2, data: Uint8Array.from(data) });

Deno.test("countLabels() leaves void out of right and wrong, not out of the uncertain share", () => {
  const counts = emptyLabelCounts();
  countLabels(counts, { predicted: map(1, 1, 1, 0, 0, 255), truth: map(1, 2, 255, 0, 255, 255) });
  countLabels(counts, { predicted: map(2, 0), truth: map(2, 1) });
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
    () => countLabels(emptyLabelCounts(), { predicted: map(0, 0), truth: map(0, 0, 0, 0) }),
    RangeError,
    "2×2 pixels but found 2×1",
  );
});
