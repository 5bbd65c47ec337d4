import { classificationScores } from "../../lib/evaluation/mod.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "../assert.ts";

const classes = ["a", "b", "c"];

Deno.test("classificationScores() is the area under the precision envelope", () => {
  const logits = [[4, 1, 0], [3, 2, 0], [2, 3, 0], [1, 4, 0]];
  const labels = [[0], [1], [0, 1], [0]];
  const { rows, mean } = classificationScores(logits, { labels, classes });
  // a: right, wrong, right, right → precision 1, 1/2, 2/3, 3/4; b: wrong, right, right, wrong → 0, 1/2, 2/3, 1/2.
  const a = 1 / 3 + 2 / 3 * 0.75, b = 2 / 3;
  assertAlmostEquals(rows[0]!.precision, a, 1e-15);
  assertAlmostEquals(rows[1]!.precision, b, 1e-15);
  assertEquals(rows[2], { name: "c", images: 0, precision: NaN });
  assertAlmostEquals(mean, (a + b) / 2, 1e-15);
  assertEquals(classificationScores(logits, { labels, classes, chosen: ["b"] }).mean, rows[1]!.precision);
});

Deno.test("classificationScores() refuses logits and labels that do not fit", () => {
  assertThrows(() => classificationScores([[1, 2, 3]], { labels: [], classes }), RangeError, "1 images but found 0");
  assertThrows(() => classificationScores([[1, NaN, 3]], { labels: [[0]], classes }), RangeError, "of image 0");
  assertThrows(() => classificationScores([[1, 2]], { labels: [[0]], classes }), RangeError, "3 finite logits");
});
