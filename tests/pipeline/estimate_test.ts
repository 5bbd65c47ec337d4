import { assert, assertEquals } from "../assert.ts";
import { presets } from "../../lib/config.ts";
import { previewRun, run } from "../../lib/pipeline/run.ts";
import { makeEntries } from "../scale/entries.ts";

const module = new URL("../scale/light_stages.ts", import.meta.url).href;

Deno.test("previewRun() guesses what was not measured, and says so; what was measured beside it, it takes", async () => {
  const root = await Deno.makeTempDir();
  try {
    await makeEntries(`${root}/data`, 40);
    await Deno.writeFile(`${root}/weights.safetensors`, new Uint8Array(8));
    const config = structuredClone(presets.lite);
    config.data.root = `${root}/data`;
    config.backbone.weights = `${root}/weights.safetensors`;
    config.compute = { backend: "wasm", threads: 1, workers: 2 };
    const preview = async () =>
      (await previewRun(config, { workdir: `${root}/out`, module })).join("\n").split("\n").map((line) =>
        line.split(/ {2,}/)
      );

    const guesses = await preview();
    const steps = guesses.find(([stage]) => stage === "cam_train")!;
    assertEquals([steps[1], steps.at(-1)], ["10 steps, 40 images", "not measured"]); // 2 batches of 16, 5 epochs
    assert(guesses.at(-1)![0]!.startsWith("~ is a guess"));

    await run(config, { workdir: `${root}/trial`, module, limit: 4 });
    const path = `${root}/trial/run.json`, report = JSON.parse(await Deno.readTextFile(path));
    for (const stage of report.stages) {
      if (stage.stage === "relation") Object.assign(stage, { pace: [3], seconds: 17, paced: 12, peakMemory: 2 ** 30 });
    }
    await Deno.writeTextFile(path, JSON.stringify(report));
    const relation = (await preview()).find(([stage]) => stage === "relation")!;
    assertEquals(relation, ["relation", "40 images", "2m05s", "1.0 GiB", "1 MiB", "trial"]); // 5 s, and 40 of 3 s

    config.relation.crf.iterations = 1;
    assertEquals((await preview()).find(([stage]) => stage === "relation")!.at(-1), "not measured");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
