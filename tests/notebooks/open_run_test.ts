import { presets } from "../../lib/config/config.ts";
import { completeConfig } from "../../lib/config/load_config.ts";
import { describeSettings } from "../../lib/notebook/settings.ts";
import { howToCompare, openRun } from "../../lib/notebook/open_run.ts";
import { runSampleNetworks, SAMPLE_NETWORKS } from "../../lib/notebook/sample_networks.ts";
import { groundTruthInstances, imageIou, instanceScores, matchInstances } from "../../lib/evaluation/mod.ts";
import { exists } from "../../lib/files/disk.ts";
import { openResults } from "../../lib/results/open_results.ts";
import { disposeParams } from "../../lib/weights/mod.ts";
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

Deno.test("openRun() names the nearest run where there is none, and how to make one; it makes nothing", async () => {
  const near = await storedRun("nearly", presets.lite);
  const error = await assertRejects(() => openRun({ workdir: workspace.path("nearlY"), data }, { needs: [] }), Error);
  assert(error.message.includes(`no run.json there; the nearest run is ${near}. Nothing is trained`), error.message);
  assert(error.message.includes(`deno task pipeline --preset lite --voc-root ${data} --workdir`), error.message);
  assertEquals(await exists(workspace.path("nearlY")), false);
});

Deno.test("openRun() refuses images that are not those of the run, and makes none", async () => {
  const settings = { preset: "sample", data: { root: data, trainList: "train", inferList: "val" } };
  const workdir = await storedRun("images", settings), missing = workspace.path("dta");
  const error = await assertRejects(() => openRun({ workdir, data: missing }, { needs: [] }), Error);
  assert(
    error.message.includes(`in ${missing} but found no such folder; the run has them from ${data}`),
    error.message,
  );
  assertEquals(await exists(missing), false);

  await Deno.mkdir(`${workdir}/irnet`);
  await Deno.writeTextFile(`${workdir}/irnet/2008_000008.npz`, "");
  const other = await assertRejects(() => openRun({ workdir, data }, { needs: ["irnet"] }), Error);
  assert(other.message.includes("such as 2008_000008, in") && other.message.endsWith("found others"), other.message);
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

Deno.test("openRun() continues no training, also of the sample", async () => {
  const settings = completeConfig(JSON.parse(await Deno.readTextFile(workspace.path("config.json"))));
  const workdir = await storedRun("sample", settings);
  const error = await assertRejects(() => openRun({ workdir, data }, { needs: ["cam_train"] }), Error);
  assert(error.message.includes("the stage cam_train") && error.message.includes("deno task pipeline"), error.message);
});

Deno.test("a run of a backend that is not here opens with another, and says so", async () => {
  const settings = { preset: "sample", compute: { backend: "tensorflow" }, cam: { weights: SAMPLE_NETWORKS } };
  const workdir = await storedRun("elsewhere", settings);
  await Deno.mkdir(`${workdir}/cam_train`);
  await Deno.copyFile(SAMPLE_NETWORKS, `${workdir}/cam_train/weights.safetensors`);
  const lines: string[] = [];
  const library = Deno.env.get("IRNET_LIBTENSORFLOW");
  Deno.env.set("IRNET_LIBTENSORFLOW", workspace.path("none"));
  try {
    const run = await openRun({ workdir, data }, { needs: ["cam_train"], log: (line) => lines.push(line) });
    await assertRejects(() => run.camNetwork(), Error); // a model, not weights of a training
  } finally {
    if (library === undefined) Deno.env.delete("IRNET_LIBTENSORFLOW");
    else Deno.env.set("IRNET_LIBTENSORFLOW", library);
  }
  assert(/^This run computed with tensorflow, here it is \w+, which rounds otherwise: /.test(lines[0]!), lines[0]);
});

Deno.test("the sample's networks give what the project states, and a notebook all it needs, without training", async () => {
  const place = { workdir: workspace.path("networks"), data: workspace.path("networks-data") };
  const lines: string[] = [], signal = new AbortController().signal, counts = { train: 4, val: 4, empty: 0 };
  const config = await runSampleNetworks(place, {
    ...{ needs: ["instance", "semantic", "relation"], counts, signal },
    log: (line) => lines.push(line),
  });
  assert(!lines.some((line) => line.includes("backbone_train") || line.includes("loss")), lines.join("\n"));
  const run = await openResults(config, place.workdir), { dataset } = run;
  const ids = await run.ids("instance", "semantic");
  assertEquals(ids.length, 4);
  assertEquals(await run.ids("relation"), dataset.list("train"));
  const matches = [], ious = [];
  for (const id of ids) {
    const [classes, objects] = [(await dataset.readClassMask(id))!, (await dataset.readInstanceMask(id))!];
    matches.push(matchInstances(await run.instances(id), groundTruthInstances(objects, classes)));
    ious.push(100 * imageIou(await run.semantic(id), classes, dataset));
  }
  const [ap50] = instanceScores(matches, { classes: dataset.classes, ious: [0.5] }).means;
  const miou = ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
  assert(100 * ap50! > 80 && miou > 75, `AP50 ${100 * ap50!}, mIoU ${miou}`);
  const [log] = await run.trainings();
  assertEquals(log!.steps.length, 480);
  await run.untrainedIrnet().then(({ params }) => disposeParams(params));

  const abort = AbortSignal.abort(new Error("Interrupted"));
  await assertRejects(
    () => runSampleNetworks(place, { ...{ needs: ["semantic"], counts, signal: abort }, log: () => {} }),
    Error,
  );
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
