import {
  classificationScores,
  groundTruthInstances,
  groundTruthRuns,
  type InstanceMatches,
  instanceRuns,
  instanceScores,
  matchInstances,
} from "../../lib/evaluation/mod.ts";
import { assertAlmostEquals, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { readGolden } from "../golden.ts";

const classes = ["a", "b"];

const precisions = (matches: InstanceMatches[], ious: number[]) =>
  instanceScores(matches, { classes, ious }).rows.map(({ precision }) => precision);

Deno.test("matchInstances() finds the true instance of the class with the highest IoU", () => {
  const size = { height: 2, width: 2 };
  const truth = { ...size, class: [0, 0, 1], mask: Uint8Array.of(1, 0, 0, 0, /**/ 0, 1, 0, 1, /**/ 1, 1, 1, 1) };
  // The third true mask overlaps the others.
  const predicted = {
    ...size,
    class: [0, 1, 0],
    score: [0.5, 0.25, 1],
    mask: Uint8Array.of(1, 1, 0, 1, /**/ 0, 0, 1, 1, /**/ 0, 0, 1, 0),
  };
  assertEquals(matchInstances(predicted, truth), {
    truths: [0, 0, 1],
    found: [
      { class: 0, score: 0.5, truth: 1, iou: Math.fround(2 / 3) },
      { class: 1, score: 0.25, truth: 2, iou: 0.5 },
      { class: 0, score: 1, truth: 0, iou: 0 },
    ],
  });
  assertEquals(matchInstances(predicted, { ...size, class: [], mask: new Uint8Array(0) }).found[0]!.truth, -1);
});

Deno.test("instanceScores() counts a second hit on one true instance as wrong", () => {
  // By score: hit, second hit on the same, hit on the other true one.
  const found = [0.9, 0.8, 0.7].map((score, i) => ({ class: 0, score, truth: [0, 0, 1][i]!, iou: 0.6 }));
  const image = { truths: [0, 0], found };
  // precision 1, 1/2, 2/3 at recall 1/2, 1/2, 1
  assertEquals(precisions([image], [0.5, 0.7]), [[0.5 + 0.5 * (2 / 3), 0], [NaN, NaN]]);
  assertEquals(instanceScores([image], { classes, ious: [0.5, 0.7] }).means, [0.5 + 0.5 * (2 / 3), 0]);
  assertEquals(instanceScores([image], { classes, chosen: ["b"], ious: [0.5] }).means, [NaN]);
});

Deno.test("instanceScores() gives 0 to a class that is there but was not found", () => {
  assertEquals(precisions([{ truths: [1], found: [] }], [0.5]), [[NaN], [0]]);
});

Deno.test("instanceScores() takes the later of equal scores first", () => {
  const hit = { class: 0, score: 0.5, truth: 0, iou: 1 }, miss = { class: 0, score: 0.5, truth: -1, iou: 0 };
  const right = { truths: [0], found: [hit] }, wrong = { truths: [], found: [miss] };
  assertEquals(precisions([wrong, right], [0.5])[0], [1]);
  assertEquals(precisions([right, wrong], [0.5])[0], [0.5]);
});

Deno.test("instanceScores() equals the reference", async () => {
  const golden = await readGolden("g12_instance_ap");
  const images = Object.keys(golden.arrays).filter((key) => /^pm\d+$/.test(key)).length;
  const matches = Array.from({ length: images }, (_, n) => {
    const [, height, width] = golden.shape(`pm${n}`) as [number, number, number];
    const instances = (kind: string) => ({
      height,
      width,
      class: golden.i32(`${kind}l${n}`),
      mask: Uint8Array.from(golden.i32(`${kind}m${n}`)),
    });
    return matchInstances({ ...instances("p"), score: golden.f32(`ps${n}`) }, instances("g"));
  });
  const runs = Object.entries(golden.params.results as Record<string, { ap: (number | null)[]; map: number }>)
    .flatMap(([name, result]) => {
      const iou = /^iou([\d.]+)_07=False$/.exec(name)?.[1];
      return iou ? [{ iou: Number(iou), ...result }] : [];
    });
  assertEquals(runs.length > 0, true);
  const names = runs[0]!.ap.map((_, c) => `class ${c}`);
  // Through JSON, as results of workers may come.
  const { rows, means } = instanceScores(JSON.parse(JSON.stringify(matches)), {
    classes: names,
    ious: runs.map(({ iou }) => iou),
  });
  runs.forEach(({ ap, map }, t) => {
    const scores = rows.map(({ precision }) => precision[t]!);
    assertEquals(scores.map(Number.isNaN), ap.map((value) => value === null));
    assertClose(scores.map((value) => value || 0), ap.map((value) => value ?? 0), { absolute: 1e-12 });
    assertAlmostEquals(means[t]!, map, 1e-12);
  });
});

Deno.test("matchInstances() and instanceScores() refuse what does not fit", () => {
  const size = { height: 1, width: 2 }, none = { ...size, class: [], mask: new Uint8Array(0) };
  const one = { ...size, class: [0], mask: new Uint8Array(2), score: [NaN] };
  assertThrows(() => matchInstances(one, none), RangeError, "finite scores but found NaN");
  assertThrows(() => matchInstances({ ...one, height: 2 }, none), RangeError, "1×1×2 values but found 2 of 2×2");
  assertThrows(() => matchInstances({ ...one, score: [1] }, { ...none, class: [3] }), RangeError, "ground-truth masks");
  assertThrows(() => precisions([{ truths: [2], found: [] }], [0.5]), RangeError, "0…1 but found 2");
});

Deno.test("groundTruthInstances() takes the smallest class inside each instance", () => {
  const map = (...data: number[]) => ({ height: 2, width: 3, data: Uint8Array.from(data) });
  const result = groundTruthInstances(map(0, 5, 5, 255, 2, 2), map(0, 255, 8, 255, 4, 3));
  assertEquals(result.class, Int32Array.of(2, 7));
  assertEquals(result.mask, Uint8Array.of(0, 0, 0, 0, 1, 1, /**/ 0, 1, 1, 0, 0, 0));
  assertThrows(() => groundTruthInstances(map(0, 5, 5, 0, 0, 0), map(0, 0, 255, 0, 0, 0)), Error, "instance 5");
});

Deno.test("groundTruthRuns() are those instances as run lengths, at another size perhaps empty", () => {
  const map = (...data: number[]) => ({ height: 2, width: 4, data: Uint8Array.from(data) });
  const objects = map(5, 5, 2, 255, 5, 5, 255, 255), classes = map(8, 8, 4, 255, 8, 8, 0, 0);
  assertEquals(groundTruthRuns(objects, classes), instanceRuns(groundTruthInstances(objects, classes)));
  const size = { height: 1, width: 2 }; // of pixels 1 and 3 of the lower row
  assertEquals(groundTruthRuns(objects, classes, size), [
    { class: 3, runs: { ...size, counts: [2] } },
    { class: 7, runs: { ...size, counts: [0, 1, 1] } },
  ]);
});

const three = ["a", "b", "c"];

Deno.test("classificationScores() is the area under the precision envelope", () => {
  const logits = [[4, 1, 0], [3, 2, 0], [2, 3, 0], [1, 4, 0]];
  const labels = [[0], [1], [0, 1], [0]];
  const { rows, mean } = classificationScores(logits, { labels, classes: three });
  // a: right, wrong, right, right → precision 1, 1/2, 2/3, 3/4; b: wrong, right, right, wrong → 0, 1/2, 2/3, 1/2.
  const a = 1 / 3 + 2 / 3 * 0.75, b = 2 / 3;
  assertAlmostEquals(rows[0]!.precision, a, 1e-15);
  assertAlmostEquals(rows[1]!.precision, b, 1e-15);
  assertEquals(rows[2], { name: "c", images: 0, precision: NaN });
  assertAlmostEquals(mean, (a + b) / 2, 1e-15);
  assertEquals(classificationScores(logits, { labels, classes: three, chosen: ["b"] }).mean, rows[1]!.precision);
});

Deno.test("classificationScores() refuses logits and labels that do not fit", () => {
  assertThrows(
    () => classificationScores([[1, 2, 3]], { labels: [], classes: three }),
    RangeError,
    "1 images but found 0",
  );
  assertThrows(() => classificationScores([[1, NaN, 3]], { labels: [[0]], classes: three }), RangeError, "of image 0");
  assertThrows(() => classificationScores([[1, 2]], { labels: [[0]], classes: three }), RangeError, "3 finite logits");
});
