import { classifierQuality } from "../../lib/evaluation/classifier_quality.ts";
import { assertEquals } from "../assert.ts";

const classes = ["cat", "dog", "owl"];

Deno.test("classifierQuality() is 1 for a perfect order and 0 for one answer for all images, wherever these stand", () => {
  const labels = [[0], [0], [1], [1]];
  const rows = classifierQuality([[3, 0, 1], [2, 0, 1], [1, 0, 1], [0, 0, 1]], { labels, classes });
  assertEquals(rows.map(({ name, images, chance }) => [name, images, chance]), [
    ["cat", 2, 0.5],
    ["dog", 2, 0.5],
    ["owl", 0, 0],
  ]);
  assertEquals([rows[0]!.precision, rows[0]!.skill], [1, 1]);
  assertEquals([rows[1]!.precision, rows[1]!.skill], [0.5, 0]);
  assertEquals(rows[2]!.skill, NaN);
  const turned = classifierQuality([[0], [0], [0], [0]], { labels: [[], [], [0], [0]], classes: ["cat"] });
  assertEquals(turned[0]!.skill, 0);
});

Deno.test("classifierQuality() has nothing to say about a class that is in every image", () => {
  assertEquals(classifierQuality([[1], [2]], { labels: [[0], [0]], classes: ["cat"] })[0]!.skill, NaN);
});

Deno.test("classifierQuality() takes the best precision at a recall or a higher one", () => {
  // Precision where cat comes third and fourth: 1/3, then 2/4, which is the best at both.
  const [cat] = classifierQuality([[0], [1], [2], [3]], { labels: [[0], [0], [], []], classes: ["cat"] });
  assertEquals([cat!.precision, cat!.skill], [0.5, 0]);
});
