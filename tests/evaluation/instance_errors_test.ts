import {
  bestMatches,
  errorScores,
  type InstanceMasks,
  instanceRuns,
  instanceScores,
  judgeInstances,
  overlapInstances,
} from "../../lib/evaluation/mod.ts";
import { random } from "../../lib/data/random.ts";
import { assert, assertAlmostEquals, assertEquals } from "../assert.ts";

/** Masks by drawings: letters are objects, a capital is of class 1, a small letter of class 0. */
function masks(height: number, ...rows: string[]): InstanceMasks {
  const text = rows.join(""), names = [...new Set(text.replaceAll(".", ""))].sort();
  return {
    height,
    width: text.length / height,
    class: names.map((name) => name < "a" ? 1 : 0),
    mask: Uint8Array.from(names.flatMap((name) => [...text].map((letter) => Number(letter === name)))),
  };
}

/** Overlaps of predictions, each a drawing and a score, with a drawing of the ground truth. */
function overlaps(truth: InstanceMasks, ...found: [InstanceMasks, number][]) {
  return overlapInstances(
    found.flatMap(([one, score]) => instanceRuns(one).map((run) => ({ ...run, score }))),
    instanceRuns(truth),
  );
}

const classes = ["a", "b"];

Deno.test("overlapInstances() counts shared pixels, whatever the classes", () => {
  const image = overlaps(masks(2, "aaBB", "aaBB"), [masks(2, ".cc.", ".cc."), 0.5]);
  assertEquals(image.truths, [{ class: 1, area: 4 }, { class: 0, area: 4 }]);
  assertEquals(image.found, [{ class: 0, score: 0.5, area: 4, on: [[0, 2], [1, 2]] }]);
  assertEquals(bestMatches(image).found, [{ class: 0, score: 0.5, truth: 1, iou: Math.fround(2 / 6) }]);
});

Deno.test("judgeInstances() names every type of error", () => {
  const truth = masks(2, "aaaaBB..", "aaaaBB..");
  const errors = (...found: [InstanceMasks, number][]) =>
    judgeInstances(overlaps(truth, ...found)).found.map(({ error }) => error).join();
  const whole = masks(2, "aaaa....", "aaaa....");
  assertEquals(errors([whole, 1]), "");
  assertEquals(errors([whole, 0.5], [whole, 0.9]), "duplicate,");
  assertEquals(errors([masks(2, "A.......", "AAA....."), 1]), "class"); // 4/8 is not enough of its own, there is none
  assertEquals(errors([masks(2, "aaa.....", "........"), 1]), "localisation"); // 3/8
  assertEquals(errors([masks(2, "AAA.....", "........"), 1]), "both");
  assertEquals(errors([masks(2, "......a.", "........"), 1]), "background");
  assertEquals(errors([masks(2, "AAA.....", "....A..."), 1]), "localisation"); // 1/7 of its own class goes before
  const { truths } = judgeInstances(overlaps(truth, [masks(2, "aaa.....", "........"), 1]));
  assertEquals(truths.map(({ isTaken, isMissed }) => [isTaken, isMissed]), [[false, true], [false, false]]);
});

Deno.test("judgeInstances() names two objects in one mask merged, and an object in two masks split", () => {
  const two = masks(2, "aab.", "aab.");
  const merged = judgeInstances(overlaps(two, [masks(2, "ccc.", "ccc."), 1]));
  assertEquals(merged.found, [{ error: null, truth: 0, merges: [0, 1] }]); // 4/6 of the larger: right on it
  assertEquals(merged.truths.map(({ isMissed }) => isMissed), [false, true]);
  const half = judgeInstances(overlaps(two, [masks(2, "ccc.", "cc.."), 1])); // half of the smaller is not more than half
  assertEquals(half.found[0]!.merges, []);

  const one = masks(2, "aaaa", "aaaa");
  const split = judgeInstances(overlaps(one, [masks(2, "ccc.", "ccc."), 0.6], [masks(2, "...c", "...c"), 0.9]));
  assertEquals(split.found.map(({ error }) => error), [null, "localisation"]);
  assertEquals(split.truths[0]!.pieces, [0, 1]);
  const crumb = masks(8, ...Array.from({ length: 8 }, () => "aaaaaaaa"));
  const crumbs = judgeInstances(
    overlaps(crumb, [masks(8, "cccccccc", "cccccccc", "........".repeat(6)), 1], [
      masks(8, "........".repeat(7), "cccccc.."),
      1,
    ]),
  );
  assertEquals(crumbs.truths[0]!.pieces, []); // 6/64 is less than a tenth
});

Deno.test("errorScores() gives the average precision that each correction adds", () => {
  const truth = masks(2, "aabb....", "aabb....");
  // One mask over both objects, at an IoU of 4/8 with the first: right there, and the other is missed.
  const merged = errorScores([overlaps(truth, [masks(2, "cccc....", "cccc...."), 0.8])], { classes });
  assertEquals(merged.precision, 0.5);
  assertEquals(merged.merged, { count: 1, gain: 0.5 });
  assertEquals(merged.types.map(({ count, gain }) => [count, gain]), [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [
    1,
    0.5,
  ]]);
  assertEquals(merged.types.map(({ after }) => after), [0.5, 0.5, 0.5, 0.5, 0.5, 1]);

  // A piece of higher score than the mask that is right: precision 1/2 at full recall.
  const one = masks(2, "aaaa", "aaaa");
  const split = errorScores(
    [overlaps(one, [masks(2, "ccc.", "ccc."), 0.6], [masks(2, "...c", "...c"), 0.9])],
    { classes },
  );
  assertEquals([split.precision, split.split], [0.5, { count: 1, gain: 0.5 }]);
  assertEquals(split.types[1], { type: "localisation", count: 1, gain: 0.5, after: 1 });
  assertEquals([split.falsePositives, split.falseNegatives], [{ count: 1, gain: 0.5 }, { count: 0, gain: 0 }]);

  // Called b where it is a, and nothing else: a is found by correcting the class, and b has no object to be judged by.
  const wrong = errorScores([overlaps(one, [masks(2, "AAAA", "AAAA"), 0.9])], { classes });
  assertEquals([wrong.precision, wrong.types[0]], [0, { type: "class", count: 1, gain: 1, after: 1 }]);
  assert(Number.isNaN(errorScores([], { classes }).precision));
});

Deno.test("errorScores() of random images: counts and corrections add up", () => {
  for (let seed = 0; seed < 60; seed++) {
    const draw = random(seed, "errors"), size = 4 + seed % 5;
    const images = Array.from({ length: 3 }, () => {
      const drawing = (letters: string, blocks: number) => {
        const grid = new Array<string>(size * size).fill(".");
        for (let n = 0; n < blocks; n++) {
          const [y, x] = [draw(), draw()].map((one) => Math.floor(one * size)), letter = letters[n]!;
          for (let i = 0; i < size * size; i++) {
            const [dy, dx] = [Math.floor(i / size) - y!, i % size - x!];
            if (dy >= 0 && dy < 3 && dx >= 0 && dx < 3) grid[i] = letter;
          }
        }
        return masks(size, grid.join(""));
      };
      const found = Array.from({ length: 4 }, (_, n): [InstanceMasks, number] => [
        drawing(draw() < 0.7 ? "a" : "A", 1),
        [0.2, 0.5, 0.5, 0.9][n]!,
      ]);
      return overlaps(drawing("abA", 3), ...found);
    });
    const scores = errorScores(images, { classes });
    const matches = images.map(bestMatches), judged = images.map((image) => judgeInstances(image));
    assertAlmostEquals(scores.precision, instanceScores(matches, { classes, ious: [0.5] }).means[0]!);
    const right = judged.flatMap(({ found }) => found).filter(({ error }) => error === null).length;
    const taken = judged.flatMap(({ truths }) => truths).filter(({ isTaken }) => isTaken).length;
    const errors = scores.types.filter(({ type }) => type !== "missed").reduce((sum, { count }) => sum + count, 0);
    assertEquals([right, right + errors], [taken, images.length * 4]);
    assertEquals(errors, scores.falsePositives.count);
    assertAlmostEquals(scores.types.at(-1)!.after, 1);
    for (const { gain } of [...scores.types, scores.falsePositives]) assert(gain >= -1e-12, `gain ${gain}`);
  }
});
