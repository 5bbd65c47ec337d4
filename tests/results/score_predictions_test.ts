import { assert, assertEquals, assertRejects } from "../assert.ts";
import { exportLabels } from "../../lib/results/export_labels.ts";
import { formatPredictionScores, scorePredictions } from "../../lib/results/score_predictions.ts";
import { main } from "../../lib/command_line/main.ts";
import { encodePng } from "../../lib/files/png.ts";
import { flagsOf, type Labelled, withLabels } from "../run/labelled.ts";

/** Exports pseudo labels as results and as a data set, and true masks. */
async function withExports(
  work: (files: Labelled & { results: string; pseudo: string; truth: string }) => Promise<void>,
): Promise<void> {
  await withLabels(async (labelled) => {
    const { config, workdir, root } = labelled;
    const files = { results: `${root}/results.json`, pseudo: `${root}/pseudo.json`, truth: `${root}/truth.json` };
    await exportLabels(config, { workdir, format: "coco-results", list: "val", out: files.results });
    await exportLabels(config, { workdir, format: "coco", list: "train", out: files.pseudo });
    await exportLabels(config, { workdir, format: "coco", truth: true, out: files.truth });
    await work({ ...labelled, ...files });
  });
}

Deno.test("scorePredictions() gives COCO's results and data sets the same AP, whatever holds the true masks", async () => {
  await withExports(async ({ config, results, pseudo, truth }) => {
    // cat: 0.9 and 0.5 right; dog: 0.8 wrong, then 0.4 right with an IoU of 70/110
    const perClass = { dog: [0.5, 0.5, 0, 0], cat: [1, 1, 0.5, 0.5] };
    for (const [predictions, file] of [[results], [pseudo], [results, truth], [pseudo, truth]]) {
      const scores = await scorePredictions(config, { predictions: predictions!, ...(file ? { truth: file } : {}) });
      assertEquals(scores.split, file ? "truth.json" : "val");
      assertEquals(scores.instance!.images, 3);
      for (const [name, values] of Object.entries(perClass)) {
        assertEquals(scores.instance!.perClass[name], values.map((value) => 100 * value), `${predictions} ${file}`);
      }
      assertEquals(scores.instance!.means, [75, 75, 25, 25]);
      assertEquals(scores.semantic, undefined);
    }
  });
});

Deno.test("scorePredictions() judges label maps by mIoU, alone or in VOC's folders with instances", async () => {
  await withExports(async ({ config, workdir, truth }) => {
    for (const file of [{}, { truth }]) {
      const { semantic, instance } = await scorePredictions(config, { predictions: `${workdir}/semantic`, ...file });
      // one: cat 80 of 100, dog 70 of 110 and 1 wrong; two: cat 320 − 60 of 600, dog 190 wrong; three: nothing
      assertEquals(semantic!.perClass["cat"], Math.round(1e6 * 340 / 700) / 1e4);
      assertEquals(semantic!.perClass["dog"], Math.round(1e6 * 70 / 301) / 1e4);
      assertEquals(instance, undefined);
    }
    await exportLabels(config, { workdir, format: "voc" });
    const { semantic, instance } = await scorePredictions(config, { predictions: `${workdir}/export/voc` });
    assertEquals(semantic!.perClass["dog"], Math.round(1e6 * 70 / 300) / 1e4);
    assertEquals(instance!.images, 3);
    assertEquals(instance!.perClass["cat"]![0], 100);
  });
});

Deno.test("scorePredictions() leaves out results in a crowd of their class", async () => {
  await withExports(async ({ config, results, truth }) => {
    const file = JSON.parse(await Deno.readTextFile(truth));
    const crowd = { id: 99, image_id: 2, category_id: 1, iscrowd: 1, segmentation: [[10, 0, 30, 0, 30, 20, 10, 20]] };
    file.annotations.push(crowd);
    await Deno.writeTextFile(truth, JSON.stringify(file));
    const { instance } = await scorePredictions(config, { predictions: results, truth });
    assertEquals(instance!.perClass["dog"]!.slice(0, 2), [100, 100]); // the wrong one lies in the crowd
  });
});

Deno.test("scorePredictions() says which prediction is missing, unknown or of another size", async () => {
  await withExports(async ({ config, results, truth, workdir, root }) => {
    const change = async (values: object) => {
      const [first, ...others] = JSON.parse(await Deno.readTextFile(results));
      const path = `${root}/changed.json`;
      await Deno.writeTextFile(path, JSON.stringify([{ ...first, ...values }, ...others]));
      return () => scorePredictions(config, { predictions: path, truth });
    };
    await assertRejects(await change({ image_id: 77 }), Error, "the images of truth.json but found 77");
    const { leftOut } = await (await change({ category_id: 3 }))();
    const first = `result 0 of ${root}/changed.json`;
    assertEquals(leftOut, [`predictions of a class that the ground truth lacks: 1, first ${first} (category_id 3)`]);
    await assertRejects(await change({ segmentation: { size: [30, 20], counts: "P" } }), Error, "a size of [20, 30]");
    const { instance } = await (await change({ image_id: "one" }))(); // the name of the picture will do
    assertEquals(instance!.means[0], 75);

    const predictions = `${workdir}/semantic`, judge = () => scorePredictions(config, { predictions });
    await Deno.writeFile(`${predictions}/two.png`, encodePng({ width: 1, height: 1, data: Uint8Array.of(0) }));
    await assertRejects(judge, Error, "two: Expected a prediction of the ground truth's 20×30 pixels but found 1×1");
    await Deno.writeFile(`${predictions}/two.png`, new Uint8Array(5));
    await assertRejects(judge, Error, "two.png to be a PNG file");
    await Deno.remove(`${predictions}/two.png`);
    await assertRejects(judge, Error, `Expected a prediction ${predictions}/two.png but found no such file`);
  });
});

Deno.test("the command evaluate judges predictions, and needs no data set beside a file of true masks", async () => {
  await withExports(async (files) => {
    const { results, truth, root } = files;
    const { log, error } = console;
    let out = "", err = "";
    console.log = (text) => out += `${text}\n`;
    console.error = (text) => err += `${text}\n`;
    try {
      const scores = `${root}/scores.json`;
      assertEquals(await main(["evaluate", "--predictions", results, "--truth", truth, "--out", scores]), 0);
      const stored = JSON.parse(await Deno.readTextFile(scores));
      assertEquals(out, `${formatPredictionScores(stored)}\n`);
      assert(/mean +75\.0 +75\.0 +25\.0 +25\.0/.test(out), out);
      assertEquals(await main(["evaluate", ...flagsOf(files), "--predictions", results, "--list", "val"]), 0);
      assert(out.includes("instances on val, 3 images"), out);
      assertEquals(await main(["evaluate", ...flagsOf(files), "--truth", truth]), 2);
      assert(err.includes("Expected --predictions with --truth but found none"), err);
      assertEquals(await main(["evaluate", ...flagsOf(files), "--predictions", `${root}/nowhere`]), 2);
      assert(err.includes(`Expected a file or folder for --predictions but found none at ${root}/nowhere`), err);
    } finally {
      Object.assign(console, { log, error });
    }
  });
});

Deno.test("masks that cannot be used are left out with a count, by evaluation and export; those of 0 and 255 are doubted", () =>
  withExports(async ({ config, workdir, data, results, root }) => {
    const mask = (id: string, value: number, height = 20) =>
      Deno.writeFile(
        `${data}/SegmentationClass/${id}.png`,
        encodePng({ width: 30, height, data: new Uint8Array(30 * height).fill(value) }),
      );
    await mask("one", 1, 19); // of another size
    await mask("three", 255);
    const { semantic, leftOut } = await scorePredictions(config, { predictions: `${workdir}/semantic` });
    assertEquals(semantic!.images, 2);
    assertEquals(leftOut!.map((line) => line.replace(/: .*/, "")), [
      "masks that cannot be used",
      "masks of 0 and 255 alone, background and void, of images that show a class",
    ]);
    assert(leftOut![0]!.includes("one.png"), leftOut![0]);
    assertEquals((await scorePredictions(config, { predictions: results })).instance!.images, 2);
    const said = await exportLabels(config, { workdir, format: "coco", truth: true, out: `${root}/truth2.json` });
    assert(/; 1 masks that cannot be used left out, such as: \S.*one\.png/.test(said), said);
    assertEquals(JSON.parse(await Deno.readTextFile(`${root}/truth2.json`)).images.length, 2);
  }));

Deno.test("evaluate --classes takes classes of the file of --truth", () =>
  withExports(async ({ results, truth, root }) => {
    const out = `${root}/scores.json`, args = ["evaluate", "--predictions", results, "--truth", truth, "--out", out];
    assertEquals(await main([...args, "--classes", "cat"]), 0);
    assertEquals(JSON.parse(await Deno.readTextFile(out)).instance.means, [100, 100, 50, 50]);
    assertEquals(await main([...args, "--classes", "kite"]), 1);
  }));
