/** Files in COCO's format as other tools write them, judged: right, or left out with a count, or refused by name. */
import { presets } from "../../lib/config/config.ts";
import { main } from "../../lib/command_line/main.ts";
import {
  formatPredictionScores,
  type PredictionScores,
  scorePredictions,
} from "../../lib/results/score_predictions.ts";
import { encodePng } from "../../lib/files/png.ts";
import { assert, assertClose, assertEquals, assertRejects } from "../assert.ts";
import { inFolder } from "../in_folder.ts";

type Fields = Record<string, unknown>;

/** A square of 10×10 pixels in 40×60, at x. */
const square = (x: number) => ({ size: [40, 60], counts: squareCounts(x) });
function squareCounts(x: number): number[] {
  const gaps = Array.from({ length: 9 }, () => [10, 30]).flat();
  return [40 * x + 5, ...gaps, 10, 2400 - 40 * (x + 9) - 15];
}
const image = (id: unknown, name?: string, more: Fields = {}) => ({
  ...{ id, file_name: name, width: 60, height: 40 },
  ...more,
});
const annotation = (id: unknown, image_id: unknown, x: number, more: Fields = {}) => ({
  ...{ id, image_id, category_id: 1, iscrowd: 0, area: 100, bbox: [x, 5, 10, 10], segmentation: square(x) },
  ...more,
});
const result = (image_id: unknown, x: number, more: Fields = {}) => ({
  ...{ image_id, category_id: 1, segmentation: square(x), score: 0.9 },
  ...more,
});
const dataset = (images: unknown[], annotations: unknown[], categories: unknown[] = [{ id: 1, name: "cat" }]) => ({
  ...{ images, annotations, categories },
});

const FOLDER = /\/\S+\/(?=\w+\.json)/g;

/** Scores of two files by VOC's rules and by COCO's. */
async function judge(truth: unknown, predictions: unknown): Promise<{ voc: PredictionScores; coco: PredictionScores }> {
  let scores: { voc: PredictionScores; coco: PredictionScores };
  await inFolder(async (folder) => {
    const files = { truth: `${folder}/truth.json`, predictions: `${folder}/predictions.json` };
    await Deno.writeTextFile(files.truth, JSON.stringify(truth));
    await Deno.writeTextFile(files.predictions, JSON.stringify(predictions).replaceAll('"NaN"', "NaN"));
    scores = {
      voc: await scorePredictions(presets.paper, files),
      coco: await scorePredictions(presets.paper, { ...files, rules: "coco" }),
    };
  }).catch((error) => {
    throw new Error((error as Error).message.replaceAll(FOLDER, ""));
  });
  return scores!;
}

/** What is expected of each pair of files: AP50 in percent, and the lines about what was left out. */
const cases: Record<string, { truth: unknown; found: unknown; ap50?: number; left?: string[] }> = {
  "two images of one file name are told apart by their ids": {
    truth: dataset([image(1, "frame.png"), image(51, "frame.png")], [annotation(1, 1, 5), annotation(2, 51, 30)]),
    found: dataset([image(1, "frame.png"), image(51, "frame.png")], [annotation(1, 1, 5), annotation(2, 51, 30)]),
  },
  "data sets that number the same files in other ways are matched by the whole name": {
    truth: dataset([image(1, "train/1.jpg"), image(2, "val/1.jpg")], [annotation(1, 1, 5), annotation(2, 2, 30)]),
    found: dataset([image(1, "val/1.jpg"), image(2, "train/1.jpg")], [annotation(1, 1, 30), annotation(2, 2, 5)]),
  },
  "data sets of files with other folders and extensions are matched by what is left of the name": {
    truth: dataset([image(7, "train/a.jpg"), image(8, "train/b.jpg")], [annotation(1, 7, 5), annotation(2, 8, 30)]),
    found: dataset([image(8, "a.png"), image(9, "b.png")], [annotation(1, 8, 5), annotation(2, 9, 30)]),
  },
  "ids of text win over file names that look like other ids": {
    truth: dataset([image("1", "2.jpg"), image("2", "1.jpg")], [annotation(1, "1", 5), annotation(2, "2", 30)]),
    found: [result("1", 5), result("2", 30)],
  },
  "results may name a file": {
    truth: dataset([image(1, "a/x.jpg"), image(2, "b/x.jpg")], [annotation(1, 1, 5), annotation(2, 2, 30)]),
    found: [result("a/x.jpg", 5), result("b/x", 30)],
  },
  "crowds may be booleans": {
    truth: dataset([image(1, "1.jpg")], [
      annotation(1, 1, 5, { iscrowd: false }),
      annotation(2, 1, 30, { iscrowd: true }),
    ]),
    found: [result(1, 5, { score: 0.5 }), result(1, 30)],
  },
  "two classes of one name are two": {
    truth: dataset([image(1, "1.jpg")], [annotation(1, 1, 5)], [{ id: 0, name: "cat" }, { id: 1, name: "cat" }]),
    found: [result(1, 5), result(1, 30, { category_id: 0 })],
  },
  "images without a file name are known by id": {
    truth: dataset([image(1, undefined, { coco_url: "http://x/1.jpg" }), image(2)], [annotation(1, 1, 5)]),
    found: dataset([image(1), image(2, "2.png")], [annotation(1, 1, 5)]),
  },
  "a missing area is that of the mask, `ignore` and masks of other classes change nothing": {
    truth: dataset([image(1, "1.jpg")], [annotation(1, 1, 5, { area: undefined, ignore: 1, iscrowd: undefined })]),
    found: [result(1, 5)],
  },
  "segmentations that say nothing are left out and counted": {
    truth: dataset([image(1, "1.jpg")], [
      annotation(1, 1, 5),
      annotation(2, 1, 20, { segmentation: [] }),
      annotation(3, 1, 20, { segmentation: [[1, 1, 5, 5]] }),
      annotation(4, 1, 20, { segmentation: null }),
    ]),
    found: [result(1, 5), result(1, 30, { segmentation: [] })],
    left: [
      "annotations without a segmentation: 3, first annotation 2 of truth.json",
      "predictions without a segmentation: 1, first result 1 of predictions.json",
    ],
  },
  "a mask of no pixel is there to be missed, as with pycocotools": {
    truth: dataset([image(1, "1.jpg")], [
      annotation(1, 1, 5),
      annotation(2, 1, 20, { area: 0, segmentation: { size: [40, 60], counts: [2400] } }),
    ]),
    found: [result(1, 5)],
    ap50: 50,
  },
  "results with boxes alone are boxes": {
    truth: dataset([image(1, "1.jpg")], [annotation(1, 1, 5)]),
    found: [result(1, 5, { segmentation: undefined, bbox: [5, 5, 10, 10] })],
  },
  "scores that are no number are left out and counted": {
    truth: dataset([image(1, "1.jpg")], [annotation(1, 1, 5)]),
    found: [result(1, 5), result(1, 30, { score: "NaN" }), result(1, 40, { score: null })],
    left: ["predictions whose score is no number: 2, first result 1 of predictions.json"],
  },
  "classes and images that the truth lacks, or its own list lacks, are left out and counted": {
    truth: dataset([image(1, "1.jpg")], [
      annotation(1, 1, 5),
      annotation(2, 9, 5),
      annotation(3, 1, 5, { category_id: 9 }),
    ]),
    found: dataset(
      [image(1, "1.jpg"), image(2, "2.jpg")],
      [annotation(1, 1, 5), annotation(2, 1, 5, { category_id: 3 }), annotation(3, 2, 5)],
      [{ id: 3, name: "dog" }, { id: 1, name: "cat" }],
    ),
    left: [
      "annotations of an image or class that the file does not list: 2, first annotation 2 of truth.json",
      "images of predictions.json that truth.json lacks: 1, first 2.jpg (id 2)",
      "predictions of a class that the ground truth lacks: 1, first annotation 2 of predictions.json (category_id 3)",
    ],
  },
  "data sets that number the classes in other ways are matched by the names": {
    truth: dataset([image(1, "1.jpg")], [annotation(1, 1, 5)], [{ id: 1, name: "cat" }, { id: 2, name: "dog" }]),
    found: dataset([image(1, "1.jpg")], [annotation(1, 1, 5, { category_id: 2 })], [
      { id: 1, name: "dog" },
      { id: 2, name: "cat" },
    ]),
  },
};

for (const [name, { truth, found, ap50 = 100, left }] of Object.entries(cases)) {
  Deno.test(`COCO files: ${name}`, async () => {
    const { voc, coco } = await judge(truth, found);
    assertEquals(voc.instance!.means[presets.paper.evaluation.ious.indexOf(0.5)], ap50);
    assertClose([coco.coco!.summary.AP50], [ap50 === 50 ? 51 / 101 : ap50 / 100], { absolute: 1e-12, name: "AP50" });
    const shown = (scores: PredictionScores) => scores.leftOut?.map((line) => line.replaceAll(FOLDER, ""));
    assertEquals([shown(voc), shown(coco)], [left, left]);
  });
}

const one = dataset([image(1, "x.jpg")], [annotation(1, 1, 5)]);
const refused: [truth: unknown, found: unknown, message: string][] = [
  [one, [result("1", 5)], 'among the images of truth.json but found "1", where ids are like 1'],
  [dataset([image("1", "x.jpg")], []), [result(1, 5)], 'but found 1, where ids are like "1"'],
  [
    dataset([image(1, "2.jpg"), image(2, "1.jpg")], []),
    [result("1", 5)],
    'but found "1", which may mean the id 1 or the file 1.jpg',
  ],
  [
    one,
    [result(77, 5)],
    "Expected image_id of result 0 of predictions.json among the images of truth.json but found 77",
  ],
  [
    dataset([image(1, "a/x.jpg"), image(2, "b/x.jpg")], []),
    dataset([image(3, "x.jpg")], []),
    "Expected one image of truth.json for image 3, x.jpg, but found a/x.jpg (id 1) and b/x.jpg (id 2)",
  ],
  [
    one,
    dataset([image(5, "a/x.jpg"), image(6, "b/x.png")], []),
    "Expected one image of predictions.json for x.jpg but found a/x.jpg (id 5) and b/x.png (id 6)",
  ],
  [
    one,
    dataset([image(1, "x.jpg", { width: 30, height: 20 })], []),
    "Expected 40×60 pixels, as the ground truth has, of x.jpg in predictions.json but found 20×30",
  ],
  [
    one,
    dataset([image(1, "00001.png")], [annotation(1, 1, 5)]),
    "found none of them: image 1 is x.jpg there and 00001.png here",
  ],
  [one, [result(1, 5, { category_id: 0 })], "category_id of result 0 of predictions.json among 1 but found 0"],
  [one, [result(1, 5, { category_id: "1" })], 'as category_id of result 0 of predictions.json but found "1"'],
  [one, [result(1, 5, { segmentation: { size: [60, 40], counts: [2400] } })], "a size of [40, 60]"],
  [one, [result(1, 5, { score: undefined })], "Expected a score in result 0 of predictions.json but found none"],
  [
    dataset([image(1, "x.jpg")], [], [{ id: 3, name: "cat" }, { id: 4, name: "cat" }]),
    dataset([image(1, "x.jpg")], [annotation(1, 1, 5)]),
    "Expected one class cat in truth.json for category 1 of predictions.json but found 2",
  ],
];

for (const [truth, found, message] of refused) {
  Deno.test(`COCO files are refused: ${message}`, async () => {
    await assertRejects(() => judge(truth, found), Error, message);
  });
}

Deno.test("COCO's rules take the area of a result from its box where results have boxes", async () => {
  const truth = dataset([image(1, "1.jpg")], [annotation(1, 1, 5)]);
  const wrong = { score: 1, bbox: [30, 5, 32, 32.5] }; // above 32², which makes it a wrong one of medium size
  const { coco } = await judge(truth, [result(1, 5, { bbox: [5, 5, 10, 10] }), result(1, 30, wrong)]);
  assertClose([coco.coco!.summary.APsmall, coco.coco!.summary.AP], [1, 0.5], { absolute: 1e-12, name: "AP" });
});

Deno.test("COCO's rules count a match of id 0 as wrong, and say so", async () => {
  const { voc, coco } = await judge(dataset([image(1, "1.jpg")], [annotation(0, 1, 5)]), [result(1, 5)]);
  assertEquals([voc.instance!.means[0], voc.leftOut, coco.coco!.summary.AP], [100, undefined, 0]);
  assertEquals(coco.leftOut, ["annotations of id 0, which COCO's tools never count as found: 1, first 1.jpg"]);
});

Deno.test("1200 instances of one class are judged by 1200 others in 2000×2000 pixels, without 10 GB of masks", async () => {
  const side = 2000, place = (n: number) => [(n * 617) % (side - 60), (n * 389) % (side - 60)] as const;
  const corners = (n: number, [x, y] = place(n)) => [[x, y, x + 50, y, x + 50, y + 50, x, y + 50]];
  const ids = Array.from({ length: 1200 }, (_, n) => n);
  const truths = ids.map((n) => annotation(n + 1, 1, 0, { segmentation: corners(n), area: 2500 }));
  const results = ids.map((n) => result(1, 0, { segmentation: corners(n), score: 1 - n / 1e4 }));
  const before = Deno.memoryUsage().rss;
  const { voc, coco } = await judge(dataset([image(1, "1.png", { width: side, height: side })], truths), results);
  assertEquals(voc.instance!.means[0], 100);
  assertClose([coco.coco!.summary.AR100], [100 / 1200], { absolute: 1e-12, name: "recall of the hundred best" });
  assert(Deno.memoryUsage().rss - before < 400e6);
});

Deno.test("a thousand classes are judged as instances, and label maps of them refused", async () => {
  const categories = Array.from({ length: 1000 }, (_, n) => ({ id: n + 1, name: `class ${n}` }));
  const truth = dataset([image(1, "1.jpg")], [annotation(1, 1, 5, { category_id: 700 })], categories);
  const { voc, coco } = await judge(truth, [result(1, 5, { category_id: 700 })]);
  assertEquals(voc.instance!.means[0], 100);
  assertClose([coco.coco!.perClass["class 699"]!.AP], [1], { absolute: 1e-12, name: "AP" });
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/truth.json`, JSON.stringify(truth));
    await Deno.writeFile(`${folder}/1.png`, encodePng({ width: 60, height: 40, data: new Uint8Array(2400) }));
    const options = { truth: `${folder}/truth.json`, predictions: folder };
    await assertRejects(() => scorePredictions(presets.paper, options), Error, "at most 254 classes");
    await assertRejects(
      () => scorePredictions(presets.paper, { ...options, rules: "coco" }),
      Error,
      "found label maps",
    );
  });
});

Deno.test("label maps are found by the path of the image, or by its name where only one has it", async () => {
  await inFolder(async (folder) => {
    const truth = dataset([image(1, "a/x.jpg"), image(2, "b/x.jpg"), image(3, "b/y.jpg")], [annotation(1, 1, 5)]);
    await Deno.writeTextFile(`${folder}/truth.json`, JSON.stringify(truth));
    const write = async (name: string, value: number) => {
      const data = new Uint8Array(2400);
      for (let y = 5; y < 15; y++) data.fill(value, y * 60 + 5, y * 60 + 15);
      await Deno.writeFile(`${folder}/maps/${name}`, encodePng({ width: 60, height: 40, data }));
    };
    await Deno.mkdir(`${folder}/maps/a`, { recursive: true });
    await Deno.mkdir(`${folder}/maps/b`);
    for (const [name, value] of [["a/x.png", 1], ["b/x.png", 0], ["y.png", 0]] as const) await write(name, value);
    const options = { truth: `${folder}/truth.json`, predictions: `${folder}/maps` };
    assertEquals((await scorePredictions(presets.paper, options)).semantic!.perClass["cat"], 100);
    await Deno.rename(`${folder}/maps/b/x.png`, `${folder}/maps/x.png`);
    await assertRejects(
      () => scorePredictions(presets.paper, options),
      Error,
      `Expected one image of truth.json for ${folder}/maps/x.png but found a/x.jpg and b/x.jpg`,
    );
  });
});

Deno.test("evaluate --rules coco prints and writes the twelve numbers and those of every class", async () => {
  await inFolder(async (folder) => {
    const files = { truth: `${folder}/truth.json`, predictions: `${folder}/found.json`, out: `${folder}/scores.json` };
    await Deno.writeTextFile(files.truth, JSON.stringify(one));
    await Deno.writeTextFile(files.predictions, JSON.stringify([result(1, 5), result(1, 5, { segmentation: [] })]));
    const { log, error } = console;
    let out = "", err = "";
    console.log = (text) => out += `${text}\n`;
    console.error = (text) => err += `${text}\n`;
    try {
      const args = Object.entries(files).flatMap(([flag, path]) => [`--${flag}`, path]);
      assertEquals(await main(["evaluate", ...args, "--rules", "coco"]), 0);
      const stored: PredictionScores = JSON.parse(await Deno.readTextFile(files.out));
      assertEquals(Object.keys(stored), ["split", "coco", "leftOut"]);
      assertEquals(Object.keys(stored.coco!.summary).length, 12);
      assertClose([stored.coco!.summary.APsmall, stored.coco!.summary.ARlarge], [1, -1], {
        absolute: 1e-12,
        name: "AP and AR",
      });
      assertEquals(out, `${formatPredictionScores(stored)}\n`);
      assert(/on truth.json by COCO's rules, 1 images +AP +AP50 +AP75\nmean +1.000 +1.000 +1.000\ncat/.test(out), out);
      assert(/AR100 .*\n1.000 +-1.000/.test(out), out);
      assert(out.includes("predictions without a segmentation: 1, first result 1"), out);
      assertEquals(await main(["evaluate", ...args, "--rules", "lvis"]), 2);
      assert(/Expected --rules voc or coco but found lvis/.test(err), err);
      assertEquals(await main(["evaluate", "--rules", "coco"]), 2);
      assert(/Expected --predictions with --rules but found none/.test(err), err);
    } finally {
      Object.assign(console, { log, error });
    }
  });
});
