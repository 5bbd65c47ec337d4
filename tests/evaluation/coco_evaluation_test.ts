import { presets } from "../../lib/config/config.ts";
import { cocoMatches, cocoScores, type CocoTruth } from "../../lib/evaluation/mod.ts";
import { scorePredictions } from "../../lib/results/score_predictions.ts";
import { assert, assertClose, assertEquals, assertThrows } from "../assert.ts";
import { withPycocotools } from "../formats/pycocotools.ts";
import { inFolder } from "../in_folder.ts";
import { lacks, runPython } from "../needs.ts";

/** A file, its predictions, and what pycocotools 2.0 makes of them; −1 where there is nothing. */
interface Case {
  readonly truth: { readonly categories: readonly { readonly name: string }[] };
  readonly results: readonly unknown[];
  readonly stats: readonly number[];
  /** AP, AP50 and AP75 of each class. */
  readonly classes: readonly (readonly number[])[];
}

const parse = (lines: string) => lines.trim().split("\n").map((line) => JSON.parse(line) as Case);

async function check(cases: readonly Case[]): Promise<void> {
  await inFolder(async (folder) => {
    const truth = `${folder}/truth.json`, predictions = `${folder}/predictions.json`;
    for (const [n, one] of cases.entries()) {
      await Deno.writeTextFile(truth, JSON.stringify(one.truth));
      await Deno.writeTextFile(predictions, JSON.stringify(one.results));
      const { coco } = await scorePredictions(presets.paper, { truth, predictions, rules: "coco" });
      const name = `file ${n}`;
      assertClose(Object.values(coco!.summary), one.stats, { absolute: 1e-12, name });
      assertEquals(Object.keys(coco!.perClass), one.truth.categories.map((category) => category.name));
      assertClose(
        Object.values(coco!.perClass).flatMap(({ AP, AP50, AP75 }) => [AP, AP50, AP75]),
        one.classes.flat(),
        { absolute: 1e-12, name },
      );
    }
  });
}

Deno.test("scores by COCO's rules are those of pycocotools", async () => {
  const file = await Deno.open(new URL("../golden/pycocotools_scores.jsonl.gz", import.meta.url));
  const cases = parse(await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).text());
  assertEquals(cases.length, 30);
  assert(cases.some(({ stats }) => stats[0]! > 0.1 && stats[0]! < 0.9 && stats[4]! > 0 && stats[5]! > 0));
  await check(cases);
});

Deno.test({
  name: "scores of a thousand random files are those of pycocotools",
  ignore: lacks("pycocotools", withPycocotools),
  fn: async () => {
    const program = new URL("coco_evaluation.py", import.meta.url).pathname;
    const cases = parse(await runPython([program, "1000", "7"]));
    assertEquals(cases.length, 1000);
    await check(cases);
  },
});

const size = { height: 1, width: 10 };
const runs = (from: number, to: number) => ({ ...size, counts: [from, to - from, 10 - to] });
const truth = (from: number, to: number, more: Partial<CocoTruth> = {}): CocoTruth => ({
  ...{ class: 0, runs: runs(from, to), area: to - from, crowd: false, idIsZero: false },
  ...more,
});
const found = (from: number, to: number, score: number) => ({ class: 0, runs: runs(from, to), area: to - from, score });
const scores = (truths: CocoTruth[], detections: ReturnType<typeof found>[]) =>
  cocoScores([cocoMatches(truths, detections)], [0]).summary;

Deno.test("cocoScores() takes one detection for each instance, by descending score", () => {
  // right with IoU 4/5, wrong, right: precision 1 up to recall 1/2, then 2/3; 51 and 50 of 101 recalls
  const { AP50, AP75, AR1, AR100, APsmall, APlarge } = scores(
    [truth(0, 5), truth(6, 10)],
    [found(6, 10, 0.1), found(0, 4, 0.9), found(0, 4, 0.5)],
  );
  assertClose([AP50, AP75], Array(2).fill((51 + 50 * 2 / 3) / 101), { absolute: 1e-12, name: "AP" });
  // IoU 0.8 is right up to threshold 0.8: 7 of 10, and all 10
  assertClose([AR1, AR100], [0.35, 0.85], { absolute: 1e-12, name: "AR" });
  assert(APsmall > 0.5);
  assertEquals(APlarge, -1);
});

Deno.test("cocoScores() ignores what lies in a crowd, counts a match of id 0 as wrong, and a class without truth not at all", () => {
  const ap50 = (...values: Parameters<typeof scores>) => scores(...values).AP50;
  const inCrowd = ap50([truth(0, 5), truth(5, 10, { crowd: true })], [found(6, 9, 0.9), found(0, 5, 0.5)]);
  const wrongFirst = ap50([truth(0, 5)], [found(6, 9, 0.9), found(0, 5, 0.5)]);
  const idIsZero = ap50([truth(0, 5, { idIsZero: true })], [found(0, 5, 0.5)]);
  const noTruth = ap50([], [found(0, 5, 0.5)]);
  assertClose([inCrowd, wrongFirst, idIsZero, noTruth], [1, 0.5, 0, -1], { absolute: 1e-12, name: "AP50" });
  const { perClass } = cocoScores([cocoMatches([truth(0, 5)], [found(0, 5, 1)])], [1, 0]);
  assertClose(perClass.map(({ AP }) => AP), [-1, 1], { absolute: 1e-12, name: "AP by class" });
  assertThrows(() => scores([truth(0, 5)], [found(0, 5, NaN)]), RangeError, "finite scores but found NaN");
});
