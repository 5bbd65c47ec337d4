import { assert, assertEquals } from "../assert.ts";
import { type Config, presets } from "../../lib/config/config.ts";
import { comparisonStages } from "../../lib/stages/list.ts";
import { previewComparison } from "../../lib/command_line/compare.ts";
import { previewRun, run } from "../../lib/run/run.ts";
import { makeEntries } from "../scale/entries.ts";

const module = new URL("../scale/light_stages.ts", import.meta.url).href;

/** A data set of 40 images, a third of which show two classes and the others one, and a configuration for it. */
async function prepared(root: string): Promise<Config> {
  await makeEntries(`${root}/data`, 40);
  await Deno.writeFile(`${root}/weights.safetensors`, new Uint8Array(8));
  const config = structuredClone(presets.lite);
  config.data.root = `${root}/data`;
  config.backbone.weights = `${root}/weights.safetensors`;
  config.compute = { ...config.compute, backend: "wasm", threads: 1, workers: 2 };
  return config;
}

const cells = (lines: readonly string[]) => lines.join("\n").split("\n").map((line) => line.split(/ {2,}/));

Deno.test("previewRun() guesses what was not measured, and says so; what was measured beside it, it takes", async () => {
  const root = await Deno.makeTempDir();
  try {
    const config = await prepared(root);
    const preview = async () => cells(await previewRun(config, { workdir: `${root}/out`, module }));
    const row = async (name: string) => (await preview()).find(([stage]) => stage === name)!;

    const guesses = await preview();
    const steps = guesses.find(([stage]) => stage === "cam_train")!;
    assertEquals([steps[1], steps.at(-1)], ["10 steps, 40 images", "not measured"]); // 2 batches of 16, 5 epochs
    assertEquals(guesses.at(-1), [
      `~ is a guess; to measure: the same command with --limit 20 --workdir ${root}/trial`,
    ]);

    await run(config, { workdir: `${root}/trial`, module, limit: 3 });
    const path = `${root}/trial/run.json`, report = JSON.parse(await Deno.readTextFile(path));
    for (const stage of report.stages) {
      if (stage.stage === "relation") Object.assign(stage, { pace: [3], seconds: 14, paced: 9, peakMemory: 2 ** 30 });
      if (stage.stage === "cam_train") Object.assign(stage, { pace: [4, 0.5], seconds: 30, paced: 20 });
    }
    await Deno.writeTextFile(path, JSON.stringify(report));
    assertEquals(await row("relation"), ["relation", "40 images", "2m05s", "1.0 GiB", "1 MiB", "trial"]); // 5 s, 40 of 3 s

    // 10 s, 40 of 0.5 s, and 10 steps of 16 views where two Workers do what took one of them 4 s for 3 views.
    assertEquals((await row("cam_train")).slice(2, 3), ["2m17s"]);
    config.cam.training.crop = 256; // a quarter as large
    assertEquals((await row("cam_train")).slice(2, 3), ["42s"]);
    config.compute.workers = 1;
    assertEquals((await row("relation")).slice(2, 3), ["4m06s"]);

    config.relation.crf.iterations = 1;
    assertEquals((await row("relation")).at(-1), "not measured");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("previewComparison() knows what every stage needs; what one source's network took, the others' take", async () => {
  const root = await Deno.makeTempDir();
  try {
    const config = await prepared(root);
    config.downstream.deepLab.training = { ...config.downstream.deepLab.training, batch: 10, epochs: 10 };
    const list = (name: string) => `${root}/data/ImageSets/Segmentation/${name}.txt`;
    await Deno.copyFile(list("val"), list("val_instance"));
    const measured = { stage: "deeplab_cam_train", total: 1, made: 1, skipped: 0, peakMemory: 2 ** 30, limit: null };
    const stages = [{ ...measured, seconds: 90, pace: [2], paced: 80 }];
    await Deno.mkdir(`${root}/trial`);
    await Deno.writeTextFile(`${root}/trial/run.json`, JSON.stringify({ stages, versions: {}, backend: null, config }));

    const rows = cells(await previewComparison(config, { workdir: `${root}/out` }));
    const expected = rows.slice(rows.findIndex(([first]) => first === "expected") + 1);
    const names = comparisonStages.filter(({ enabled }) => enabled?.(config) ?? true).map(({ name }) => name)
      .filter((name) => !["backbone_train", "model", "mask_rcnn_model", "compare"].includes(name));
    assertEquals(expected.slice(0, names.length).map(([stage]) => stage), names);
    for (const source of ["cam", "affinitynet", "irnet", "truth"]) {
      const training = expected.find(([stage]) => stage === `deeplab_${source}_train`)!;
      assertEquals(training.slice(1, 3).concat(training.at(-1)!), ["40 steps", "1m30s", "trial"]);
    }
    assert(expected.find(([stage]) => stage === "mask_rcnn_irnet_train")!.at(-1) === "not measured");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
