import {
  bootstrap,
  type InstanceMatches,
  instanceScores,
  interval95,
  segmentationScores,
  type SparseConfusion,
  sparseConfusion,
  weightedMiou,
  weightedPrecision,
} from "../../lib/evaluation/mod.ts";
import { assertClose, assertEquals, assertThrows } from "../assert.ts";

type Ends = Record<"miou" | "ap50", [number, number]>;
interface Golden {
  readonly confusions: SparseConfusion[];
  readonly matches: InstanceMatches[];
  readonly weights: number[][];
  readonly miou: number[];
  readonly ap50: number[];
  readonly ends: Ends;
  readonly wide: Ends;
}

const golden: Golden = JSON.parse(await Deno.readTextFile(new URL("../golden/bootstrap.json", import.meta.url)));
const classes = ["a", "b"];
const scores = [weightedMiou(golden.confusions, { classes }), weightedPrecision(golden.matches, { classes, iou: 0.5 })];

Deno.test("weighted scores and their intervals are numpy's of the same draws", () => {
  for (const [score, name] of [[scores[0]!, "miou"], [scores[1]!, "ap50"]] as const) {
    const values = golden.weights.map(score);
    assertClose(values, golden[name], { absolute: 1e-12, name });
    assertClose(interval95(values)!, golden.ends[name], { absolute: 1e-12, name });
  }
});

Deno.test("bootstrap() gives the intervals of numpy's draws, within what chance moves them, and the same ones again", () => {
  const values = bootstrap(golden.matches.length, scores, { seed: 1, draws: 4000 });
  assertClose(interval95(values[0]!)!, golden.wide.miou, { absolute: 0.006, name: "miou" });
  assertClose(interval95(values[1]!)!, golden.wide.ap50, { absolute: 0.012, name: "ap50" });
  assertEquals(bootstrap(golden.matches.length, scores, { seed: 1, draws: 5 })[0], values[0]!.slice(0, 5));
});

Deno.test("weighted scores of images that count once are those of the evaluation", () => {
  const counts = new Array<number>(9).fill(0), once = golden.matches.map(() => 1);
  for (const [is, called, pixels] of golden.confusions.flat()) counts[is * 3 + called]! += pixels;
  assertClose([scores[0]!(once)], [segmentationScores({ labels: 3, counts }, { classes }).mean], { absolute: 1e-12 });
  assertClose([scores[1]!(once)], instanceScores(golden.matches, { classes, ious: [0.5] }).means, { absolute: 1e-12 });
});

Deno.test("weightedMiou() refuses labels of other classes", () => {
  assertThrows(() => weightedMiou([[[0, 3, 7]]], { classes }), RangeError, "Expected labels 0…2 but found 0 and 3");
});

Deno.test("interval95() interpolates between values and leaves out NaN; a confusion is cut to what occurs", () => {
  assertEquals(interval95([3, 1, NaN, 2]), [1.05, 2.95]);
  assertEquals(interval95([NaN]), null);
  assertEquals(sparseConfusion({ labels: 2, counts: [0, 7, 0, 3] }), [[0, 1, 7], [1, 1, 3]]);
});
