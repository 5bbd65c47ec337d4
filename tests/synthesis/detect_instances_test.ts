import { instanceScores, matchInstances } from "../../lib/evaluation/mod.ts";
import { detectInstances, type Scoring } from "../../lib/synthesis/mod.ts";
import { assertClose, assertEquals, assertThrows } from "../assert.ts";
import { describedNumber, readGolden } from "../golden.ts";

Deno.test("detectInstances() lists regions map by map, each with its own maximum", () => {
  // deno-fmt-ignore
  const index = Int32Array.of(
    2, 0, 1, 1,
    0, 2, 2, 0,
  );
  // deno-fmt-ignore
  const score = Float32Array.of(
    0.5, 0.9, 0.25, 0.75,
    0.9, 0.5, 0.625, 0.9,
  );
  const result = detectInstances(index, { height: 2, width: 4, classes: [14, 3], score, fragment: 0 });
  assertEquals(result.class, Int32Array.of(14, 3, 3));
  assertEquals(result.score, Float32Array.of(0.75, 0.5, 0.625));
  // deno-fmt-ignore
  assertEquals(result.mask, Uint8Array.of(
    0, 0, 1, 1, 0, 0, 0, 0,
    1, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 1, 1, 0,
  ));
});

Deno.test("detectInstances() keeps fragments with score 0", () => {
  const index = Int32Array.of(1, 0, 1, 1), score = Float32Array.of(1, 0, 0.5, 0.5);
  const detect = (fragment: number) =>
    detectInstances(index, { height: 1, width: 4, classes: [0], score, fragment }).score;
  assertEquals(detect(0.25), Float32Array.of(1, 0.5)); // one pixel of four is not less than a quarter
  assertEquals(detect(0.26), Float32Array.of(0, 0.5));
});

Deno.test("detectInstances() can score by the mean before the division by the maximum, and the area", () => {
  // √(2/8) · 0.5 · (0.5 + 1)/2 and √(1/8) · 0.5 · 0.5, of an image whose highest value was 0.5.
  const index = Int32Array.of(1, 1, 0, 0, 0, 0, 0, 1), score = Float32Array.of(0.5, 1, 0, 0, 0, 0, 0, 0.5);
  const options = { classes: [0], scoring: "mean_area", peak: 0.5 } as const;
  const row = detectInstances(index, { height: 1, width: 8, score, ...options });
  assertClose(row.score, Float32Array.of(0.1875, 0.25 / Math.sqrt(8)), { absolute: 1e-7 });
  // The same image at twice the size scores the same.
  const twice = (values: ArrayLike<number>) => {
    const wide = Array.from(values).flatMap((value) => [value, value]);
    return [...wide, ...wide];
  };
  const large = detectInstances(Int32Array.from(twice(index)), {
    ...{ height: 2, width: 16 },
    score: Float32Array.from(twice(score)),
    ...options,
  });
  assertClose(large.score, row.score, { absolute: 1e-7 });
  const full = detectInstances(Int32Array.of(1), { height: 1, width: 1, score: Float32Array.of(1), classes: [0] });
  assertEquals(full.score, Float32Array.of(1)); // the highest there is
});

Deno.test("mean_area ranks a large region before the fragment of another image that the maximum ranks first", () => {
  const size = { height: 1, width: 8 }, truth = { ...size, class: [0], mask: Uint8Array.of(0, 0, 0, 0, 1, 1, 1, 1) };
  // One image's only region is wrong and small, of values that the walk had thinned out to 0.25; the other's is right.
  const images = [
    { index: Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1), score: Float32Array.of(0, 0, 0, 0, 0.5, 1, 1, 0.5), peak: 1 },
    { index: Int32Array.of(1, 0, 0, 0, 0, 0, 0, 0), score: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0), peak: 0.25 },
  ];
  const precision = (scoring: Scoring) => {
    const matches = images.map(({ index, ...rest }) =>
      matchInstances(detectInstances(index, { ...size, classes: [0], scoring, ...rest }), truth)
    );
    return instanceScores(matches, { classes: ["cat"], ious: [0.5] }).means[0];
  };
  assertEquals(precision("maximum"), 0.25); // both score 1, of which the last comes first: precision 1/2 at recall 1/2
  assertEquals(precision("mean_area"), 0.5); // 0.25 · √(1/8) < 0.75 · √(1/2)
});

Deno.test("detectInstances() can keep of each class the largest fragment alone, where there is nothing larger", () => {
  const index = Int32Array.of(1, 0, 1, 1, 0, 2, 0, 2, 2, 0, 3, 0, 3), score = new Float32Array(13).fill(0.5);
  const options = { height: 1, width: 13, classes: [7, 7, 9], score, fragment: 0.2 };
  const { class: classes, mask } = detectInstances(index, { ...options, fragments: "largest" });
  assertEquals([...classes], [7, 9]);
  assertEquals([mask.subarray(0, 13).indexOf(1), mask.subarray(13).indexOf(1)], [2, 10]);
  assertEquals(
    detectInstances(index, { ...options, fragment: 0.1, fragments: "largest" }).score,
    Float32Array.of(0.5, 0.5, 0),
  );
});

Deno.test("detectInstances() finds nothing in an empty map", () => {
  const result = detectInstances(new Int32Array(6), { height: 2, width: 3, classes: [], score: new Float32Array(6) });
  assertEquals([result.score.length, result.class.length, result.mask.length], [0, 0, 0]);
});

Deno.test("detectInstances() equals the reference", async () => {
  const golden = await readGolden("g14_detect");
  const [maps, height, width] = golden.shape("mask") as [number, number, number];
  const least = describedNumber(golden, "max_fragment_size") ?? 0.01 * height * width;
  const size = height * width, mask = golden.i32("mask"), values = golden.f32("score_map");
  const index = new Int32Array(size), score = new Float32Array(size);
  for (let m = 0; m < maps; m++) {
    for (let i = 0; i < size; i++) {
      if (mask[m * size + i]) [index[i], score[i]] = [m + 1, values[m * size + i]!];
    }
  }
  // A region of whole pixels is below `least` if it is below the half before it.
  const fragment = (Math.ceil(least) - 0.5) / size;
  const result = detectInstances(index, { height, width, classes: golden.i32("class_id"), score, fragment });
  assertEquals(result.class, golden.i32("out_class"));
  assertClose(result.score, golden.f32("out_score"), { absolute: 1e-6 });
  assertEquals(Int32Array.from(result.mask), golden.i32("out_mask"));
});

Deno.test("detectInstances() refuses maps without a class and scores of another size", () => {
  const index = Int32Array.of(0, 2), score = new Float32Array(2), size = { height: 1, width: 2 };
  assertThrows(() => detectInstances(index, { ...size, classes: [3], score }), RangeError, "maps 1…1 but found 2");
  assertThrows(() => detectInstances(index, { height: 2, width: 2, classes: [3], score }), RangeError, "found 2");
});
