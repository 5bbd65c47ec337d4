/** The whole comparison: IRNet's labels, AffinityNet's, DeepLab and Mask R-CNN on both and on the true masks. */
import type { Config } from "../../lib/config/config.ts";
import { compare, previewComparison } from "../../lib/command_line/compare.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { openComparison } from "../../lib/results/open_comparison.ts";
import { openDataset } from "../../lib/data/mod.ts";
import type { Comparison } from "../../lib/stages/downstream/compare.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { writeFigures } from "../../lib/results/write_figures.ts";
import * as tf from "../../lib/tensor/tf.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { Workspace } from "./workspace.ts";

const quick: [string, string][] = [
  ["backbone.pretraining.epochs", "2"],
  ["cam.training.epochs", "1"],
  ["irnet.training.epochs", "1"],
  ...["affinityNet", "deepLab", "maskRcnn"].flatMap((network): [string, string][] => [
    [`downstream.${network}.training.crop`, "64"],
    [`downstream.${network}.training.batch`, "4"],
    [`downstream.${network}.training.epochs`, "1"],
  ]),
];

Deno.test("compare() fills its tables, leaves no tensors, and finds everything done the second time", async () => {
  const workspace = await Workspace.make();
  try {
    const config = loadConfig({ file: workspace.path("config.json"), settings: quick });
    const workdir = workspace.path("out"), out = workspace.path("tables");
    const planned = await previewComparison(config, { workdir });
    assert(planned.some((line) => line.startsWith("mask_rcnn_truth_train")), planned.join("\n"));
    await assertRejects(() => Deno.stat(workdir), Deno.errors.NotFound);

    assertEquals(await openComparison(config, workdir), null);
    const text = await compare(config, { workdir, out });
    assertEquals(tf.memory().numTensors, 0);

    const tables: Comparison = JSON.parse(await Deno.readTextFile(`${out}/metrics.json`));
    const { pseudoLabels, deepLab, maskRcnn } = tables;
    assertEquals(Object.keys(pseudoLabels.semantic), ["CAM", "AffinityNet", "IRNet"]);
    assertEquals(Object.keys(pseudoLabels.instance), ["CAM components", "IRNet, class boundary only", "IRNet"]);
    assertEquals(Object.keys(deepLab.rows), ["CAM", "AffinityNet", "IRNet", "true masks"]);
    assertEquals(Object.keys(maskRcnn.rows), ["IRNet", "true masks"]);
    for (const { images, miou } of Object.values(pseudoLabels.semantic)) {
      assertEquals(images, 12);
      assert(miou !== null && miou > 0 && miou < 100);
    }
    for (const { images } of [...Object.values(deepLab.rows), ...Object.values(maskRcnn.rows)]) assertEquals(images, 4);
    for (const name of ["AffinityNet", "class boundary only", "Mask R-CNN on val"]) assert(text.includes(name), text);

    const stored = JSON.parse(await Deno.readTextFile(`${workdir}/run.json`));
    assertEquals(stored.config.data.inferList, config.data.inferList, "a later run goes on with its own images");

    await reads(config, { workdir, tables });
    await predicts(config, workspace);
    const again: string[] = [];
    await compare(config, { workdir, out, progress: { terminal: false, write: (line) => void again.push(line) } });
    assert(again.length > 0 && again.every((line) => /done/.test(line)), again.join(""));
  } finally {
    await workspace.remove();
  }
});

/** The model that Mask R-CNN leaves finds in new images what it found in the comparison. */
async function predicts(config: Config, workspace: Workspace): Promise<void> {
  const ids = (await openDataset(config.data)).list(config.downstream.valInstanceList).slice(0, 2);
  const folder = workspace.path("new images"), out = workspace.path("found");
  await Deno.mkdir(folder);
  for (const id of ids) await Deno.copyFile(workspace.path(`data/JPEGImages/${id}.png`), `${folder}/${id}.png`);
  const main = new URL("../../mod.ts", import.meta.url).pathname, weights = workspace.path("out/mask_rcnn.safetensors");
  const predict = async (...args: string[]) => {
    const command = ["run", "-A", "--no-check", "--quiet", main, "predict", folder, "--weights", weights, "--out", out];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args: [...command, ...args] }).output();
    return { code, text: new TextDecoder().decode(code === 0 ? stdout : stderr) };
  };
  const { code, text } = await predict();
  assertEquals(code, 0, text);
  for (const id of ids) {
    const [found, expected] = [`${out}/mask_rcnn_irnet/${id}.npz`, workspace.path(`out/mask_rcnn_irnet/${id}.npz`)];
    assertEquals(await Deno.readFile(found), await Deno.readFile(expected), id);
  }
  assert(text.includes("found by Mask R-CNN with a score of at least 0.5"), text);
  const names = JSON.parse(await Deno.readTextFile(`${out}/labels.json`)), coco = `${out}/instances.json`;
  assertEquals(Object.keys(names), [...ids].sort());
  assertEquals(JSON.parse(await Deno.readTextFile(coco)).images.length, ids.length);
  const told = await predict("--labels", folder);
  assertEquals(
    [told.code, told.text.includes("Expected no --labels with a model of Mask R-CNN")],
    [2, true],
    told.text,
  );
}

/** Everything that openComparison() offers can be read, and is about the images that the tables are about. */
async function reads(config: Config, { workdir, tables }: { workdir: string; tables: Comparison }): Promise<void> {
  const comparison = (await openComparison(config, workdir))!, dataset = await openDataset(config.data);
  assertEquals(comparison.tables, tables);
  const [train] = dataset.list(config.downstream.trainList), [val] = dataset.list(config.downstream.valList);
  const { width, height } = await dataset.readImage(val!);
  for (const source of ["cam", "affinitynet", "irnet", "truth"] as const) {
    const labels = await comparison.labels(train!, source);
    assert(labels.data.every((label) => label <= dataset.classes.length || label === 255));
    const predicted = await comparison.deepLab(val!, source);
    assertEquals([predicted.width, predicted.height], [width, height]);
    assertEquals((await comparison.training(`deeplab_${source}_train`)).steps.map(({ step }) => step), [0, 1, 2]);
  }
  for (const source of ["irnet", "truth"] as const) {
    const { mask, score } = await comparison.maskRcnn(val!, source);
    assertEquals(mask.length, score.length * width * height);
  }
  const measured = await comparison.measurement(val!);
  assertEquals(Object.keys(measured.val.instance), Object.keys(tables.maskRcnn.rows));
  assertEquals((await comparison.training("none")).steps, []);
  await writeFigures(config, { workdir, ids: [train!], out: `${workdir}/figures` });
  assert((await Deno.stat(`${workdir}/figures/${train}/labels.png`)).size > 0);
  await Deno.remove(`${workdir}/figures`, { recursive: true });
}

Deno.test("compare() names the list that the data set lacks before it trains anything", async () => {
  const workspace = await Workspace.make();
  try {
    const config = loadConfig({
      file: workspace.path("config.json"),
      settings: [...quick, ["downstream.valInstanceList", "val_exact"]],
    });
    const options = { workdir: workspace.path("out"), out: workspace.path("tables") };
    await assertRejects(() => compare(config, options), UsageError, "downstream.valInstanceList: Expected a list");
  } finally {
    await workspace.remove();
  }
});
