import { presets } from "../../lib/config/config.ts";
import { completeConfig } from "../../lib/config/load_config.ts";
import { describeSettings } from "../../lib/notebook/settings.ts";
import { howToCompare, openRun } from "../../lib/notebook/open_run.ts";
import { VERSION } from "../../lib/config/version.ts";
import { assert, assertEquals, assertRejects } from "../assert.ts";
import { Workspace } from "../end_to_end/workspace.ts";

const workspace = await Workspace.make({
  counts: { train: 12, val: 4, empty: 2 },
  epochs: { backbone: 1, cam: 1, irnet: 1 },
});
addEventListener("unload", () => Deno.removeSync(workspace.root, { recursive: true }));
const data = workspace.path("data");

/** A working directory with a run of these settings and no results. */
async function storedRun(name: string, config: unknown, version: string = VERSION): Promise<string> {
  const workdir = workspace.path(name);
  await Deno.mkdir(workdir, { recursive: true });
  await Deno.writeTextFile(
    `${workdir}/run.json`,
    JSON.stringify({ versions: { irnet: version }, backend: null, stages: [], config }),
  );
  return workdir;
}

Deno.test("openRun() says what to run where there is no run", async () => {
  const error = await assertRejects(() => openRun({ workdir: workspace.path("none"), data }, { needs: [] }), Error);
  assert(error.message.includes("no run.json"), error.message);
  assert(error.message.includes(`deno task pipeline --preset lite --voc-root ${data} --workdir`), error.message);
});

Deno.test("openRun() says what to run where another version made the run", async () => {
  const workdir = await storedRun("old", { ...presets.lite, walk: { ...presets.lite.walk, beta: 8 } }, "0.0.1");
  const error = await assertRejects(() => openRun({ workdir, data }, { needs: [] }), Error);
  assert(error.message.includes("found one of version 0.0.1"), error.message);
  assert(
    error.message.endsWith(
      `deno task pipeline --preset lite --voc-root ${data} --workdir ${workdir} --set walk.beta=8`,
    ),
    error.message,
  );
});

Deno.test("openRun() says what to run where a stage of a long run has made nothing", async () => {
  const classes = ["round", "cross", "triangle", "diamond"];
  const settings = { preset: "lite", data: { classes, trainList: "train", inferList: "val" } };
  const workdir = await storedRun("partial", settings);
  const error = await assertRejects(() => openRun({ workdir, data }, { needs: ["irnet"] }), Error);
  assert(error.message.includes(`the stage irnet in ${workdir} but found none`), error.message);
  assert(error.message.includes(`--set 'data.classes=["round","cross","triangle","diamond"]'`), error.message);

  await Deno.mkdir(`${workdir}/irnet`);
  const [, id] = (await Deno.readTextFile(`${data}/ImageSets/Segmentation/val.txt`)).split("\n");
  await Deno.writeTextFile(`${workdir}/irnet/${id}.npz`, "");
  await Deno.writeTextFile(`${workdir}/irnet/manifest.jsonl`, "");
  const run = await openRun({ workdir, data }, { needs: ["irnet"] });
  assertEquals(await run.ids("irnet"), [id!]);
  assertEquals(await run.ids("irnet", "cam"), []);
  const missing = await assertRejects(() => run.cams(id!), Error);
  assert(missing.message.endsWith("run the stage cam first"), missing.message);
});

Deno.test("openRun() refuses what is not the record of a run, and settings that do not exist", async () => {
  const workdir = await storedRun("broken", "text");
  await assertRejects(
    () => openRun({ workdir, data }, { needs: [] }),
    Error,
    "Expected versions and settings of a run",
  );
  const unknown = await storedRun("unknown", { preset: "lite", walk: { pace: 1 } });
  await assertRejects(() => openRun({ workdir: unknown, data }, { needs: [] }), Error, "unknown key walk.pace");
});

Deno.test("openRun() runs what a sample run lacks, once, and reads it", async () => {
  const settings = completeConfig(JSON.parse(await Deno.readTextFile(workspace.path("config.json"))));
  const workdir = await storedRun("sample", { ...settings, data: { ...settings.data, root: "moved" } });
  const lines: string[] = [];
  const run = await openRun({ workdir, data }, { needs: ["relation"], log: (line) => lines.push(line) });
  assertEquals(
    lines.map((line) => /^(\w+) \(/.exec(line)?.[1]).filter(Boolean),
    ["backbone_train", "cam_train", "cam", "relation"],
  );
  const [id] = await run.ids("cam", "relation");
  const image = await run.dataset.readImage(id!), labels = await run.relation(id!);
  assertEquals([labels.height, labels.width], [image.height, image.width]);
  assertEquals([...(await run.cams(id!)).keys], run.dataset.labels(id!));

  const again: string[] = [];
  await openRun({ workdir, data }, { needs: ["relation"], log: (line) => again.push(line) });
  assert(again.length === 4 && again.every((line) => line.endsWith("done")), again.join("\n"));
});

Deno.test("howToCompare() names the command for the sample run, and for a run of one's own", () => {
  const root = new URL("../../", import.meta.url).pathname;
  const sample = howToCompare(presets.sample, { workdir: `${root}out/sample`, data: `${root}out/sample-data` });
  assert(sample.includes("make it with deno task compare, then"), sample);
  const own = howToCompare({ ...presets.lite, walk: { ...presets.lite.walk, beta: 8 } }, { workdir: "/runs/a", data });
  assert(
    own.includes(`deno task compare --preset lite --voc-root ${data} --workdir /runs/a --set walk.beta=8`),
    own,
  );
});

Deno.test("describeSettings() names what differs from the preset", () => {
  assertEquals(describeSettings({ ...presets.sample, data: { ...presets.sample.data, root: "/a" } }), "preset sample");
  assertEquals(
    describeSettings({ ...presets.lite, seed: 3, walk: { ...presets.lite.walk, beta: 8 } }),
    "preset lite and seed=3, walk.beta=8",
  );
});
