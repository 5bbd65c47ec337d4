import {
  analyse,
  bestMatches,
  cocoMatches,
  cocoMatchesOf,
  cocoScores,
  imageRecord,
  instanceRuns,
  overlapInstances,
} from "../../lib/evaluation/mod.ts";
import { random } from "../../lib/data/random.ts";
import { exampleRecords } from "../figures/metrics_example.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const classes = ["cat", "dog"];

Deno.test("imageRecord() tells IoU, counts and reasons of an image", () => {
  const [merged, right, unjudged] = exampleRecords(classes).records;
  assertEquals(merged!.miou, 70.8333); // (6/8 + 4/6) / 2
  const none = { class: 0, localisation: 0, both: 0, duplicate: 0, background: 0 };
  assertEquals(merged!.instances, { true: 2, found: 1, right: 1, merged: 1, split: 0, ...none, missed: 1 });
  assertEquals(merged!.reason, "2 cat in one mask; cat: 33\u00a0% missed, called background");
  assertEquals(merged!.semantic, [[0, 0, 6], [1, 0, 2], [1, 1, 4]]);
  assertEquals([right!.miou, right!.reason, right!.instances], [100, "nothing wrong", null]);
  assertEquals([unjudged!.miou, unjudged!.semantic, unjudged!.reason], [null, null, "no instance of it: too faint"]);
  assertThrows(
    () =>
      imageRecord({ cam: { thresholds: [0.5], confusions: [] } }, {
        ...{ id: "x", labels: [], names: classes, missing: [] },
        thresholds: { cam: 0.4, semantic: 0.4 },
      }),
    Error,
    "Expected counts at 0.4 but found 0.5",
  );
});

Deno.test("imageRecord() says which objects are split, called another class, badly placed or missed", () => {
  const truths = [0, 0, 1, 1].map((c) => ({ class: c, area: 10 }));
  const found = ([[0, 0, 6, 6], [0, 0, 4, 4], [1, 1, 10, 10], [1, 2, 4, 4]] as const).map((
    [c, truth, area, pixels],
  ) => ({
    ...{ class: c, score: 0.5, area },
    on: [[truth, pixels] as const],
  }));
  const { reason } = imageRecord({ overlaps: { truths, found } }, {
    ...{ id: "x", labels: [0, 1], names: classes, missing: [] },
    thresholds: { cam: 0.5, semantic: 0.5 },
  });
  assertEquals(reason, "1 cat in 2 masks; 1 cat called dog; 1 dog below IoU 0.5; 1 dog missed");
});

Deno.test("analyse() adds up confusion and errors, and says where there is nothing", () => {
  const { analysis } = exampleRecords(classes);
  assertEquals(analysis.confusion.counts, [12, 0, 0, 2, 10, 0, 0, 0, 0]);
  assertEquals(analysis.errors!.ap50, 50); // one of two objects
  assertEquals(analysis.errors!.merged, { count: 1, gain: 50 });
  assertEquals(analysis.errors!.types.missed, { count: 1, gain: 50, after: 100 });
  assertEquals(analysis.intervals.instance, { ap50: [50, 50] });
  assertEquals(analysis.coco!.APlarge, null);
  const nothing = analyse([], { classes, ious: [0.5], seed: 0 });
  assertEquals([nothing.errors, nothing.coco, nothing.intervals.semantic], [null, null, null]);
});

Deno.test("cocoMatchesOf() of overlaps gives the scores that cocoMatches() gives of masks", () => {
  for (let seed = 0; seed < 20; seed++) {
    const draw = random(seed, "coco"), size = { height: 40, width: 40 };
    const masks = (count: number) =>
      instanceRuns({
        ...size,
        class: Array.from({ length: count }, () => Math.floor(draw() * 2)),
        mask: Uint8Array.from({ length: count * 1600 }, (_, i) => Number((i % 1600) % 40 < 8 + 9 * (i / 1600 | 0))),
      }).map((one) => ({ ...one, score: Math.ceil(draw() * 4) / 4 }));
    const truths = masks(3), found = masks(4), overlaps = overlapInstances(found, truths);
    const extra = { crowd: false, idIsZero: false };
    const direct = cocoMatches(
      truths.map((one, n) => ({ ...one, ...extra, area: overlaps.truths[n]!.area })),
      found.map((one, n) => ({ ...one, area: overlaps.found[n]!.area })),
    );
    assertEquals(cocoScores([cocoMatchesOf(overlaps)], [0, 1]), cocoScores([direct], [0, 1]));
    assertEquals(bestMatches(overlaps).truths, truths.map((one) => one.class));
  }
});
