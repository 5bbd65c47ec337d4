import { type ImageRecord, pairRuns } from "../../lib/evaluation/mod.ts";
import { exampleRecords } from "../figures/metrics_example.ts";
import { assert, assertEquals, assertThrows } from "../assert.ts";

const classes = ["cat", "dog"], options = { classes, ious: [0.5], seed: 0 };
const { records } = exampleRecords(classes);

/** Records with two masks where the others have one over both objects. */
const apart = records.map((record): ImageRecord =>
  record.overlaps
    ? {
      ...record,
      overlaps: {
        ...record.overlaps,
        found: [[0, 4], [1, 2]].map(([truth, area]) => ({
          ...{ class: 0, score: 0.9, area: area! },
          on: [[truth!, area!]],
        })),
      },
    }
    : record
);

Deno.test("pairRuns() compares scores on the images of both, with intervals of differences of pairs", () => {
  const { scores, own, other, images } = pairRuns(apart, [...records].reverse(), options);
  assertEquals(images.map(([a, b]) => [a.id, b.id]), records.map(({ id }) => [id, id]));
  assertEquals(scores.map(({ images, own, other }) => [images, own, other]), [
    [2, 84.5238, 84.5238], // (12/14 + 10/12) / 2
    [2, 84.5238, 84.5238],
    [1, 100, 50],
  ]);
  assertEquals(scores.map(({ ends }) => ends), [[0, 0], [0, 0], [50, 50]]);
  assertEquals([own.errors!.merged.count, other.errors!.merged.count], [0, 1]);
});

Deno.test("pairRuns() leaves out images of one run alone, and refuses other data", () => {
  assertEquals(pairRuns(records, records.slice(1, 2), options).images.length, 1);
  assertThrows(() => pairRuns(records, [], options), Error, "Expected images of both runs but found a<1 … and none …");
  const changed = records.map((record) =>
    record.semantic ? { ...record, semantic: [[0, 0, 99] as const, ...record.semantic] } : record
  );
  const message = "Expected the same ground truth of a<1 in both runs but found other pixels: not the same data";
  assertThrows(() => pairRuns(records, changed, options), Error, message);
  const unjudged = changed.map((record) => ({ ...record, semantic: null }));
  assert(pairRuns(records, unjudged, options).scores.every(({ name }) => !name.includes("semantic")));
});
