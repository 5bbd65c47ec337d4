/** The whole method on real pixels, as a user starts it, with little of everything. */
import { assert, assertEquals } from "../assert.ts";
import { loadConfig } from "../../lib/config/mod.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { differences } from "./comparison.ts";
import { type Ended, madeBy, Workspace } from "./workspace.ts";

let workspace: Workspace;
let first: Ended; // the run that leaves the folder `first`

Deno.test.beforeAll(async () => {
  workspace = await Workspace.make();
  first = await workspace.command("run", { workdir: "first" });
});
Deno.test.afterAll(() => workspace.remove());

const all = {
  backbone_train: 1,
  cam_train: 1,
  cam: 16,
  relation: 12,
  irnet_train: 1,
  irnet: 4,
  instance: 4,
  semantic: 4,
  measure: 16,
  evaluation: 1,
  model: 1,
};
const none = Object.fromEntries(Object.keys(all).map((stage) => [stage, 0]));

const metricKeys = {
  classification: ["map"],
  cam: ["miou"],
  relation: ["fgPrecision", "bgPrecision", "uncertain"],
  semantic: ["miou"],
  colourBaseline: ["miou", "ap50"],
  instance: ["ap25", "ap50", "ap70", "ap75"],
};

Deno.test("run makes everything, says so, and does nothing the second time", async () => {
  assertEquals([first.code, madeBy(first.stdout)], [0, all], first.stderr);
  assert(/^pseudo instances +AP50 /m.test(first.stdout), first.stdout);
  assert(first.stdout.trimEnd().endsWith(workspace.path("first/evaluation/report.html")), first.stdout);

  await workspace.copy("first", "second");
  const second = await workspace.command("run", { workdir: "second" });
  assertEquals([second.code, madeBy(second.stdout)], [0, none], second.stderr);
  assertEquals(await differences(workspace.path("second"), workspace.path("first")), []);
});

Deno.test("run leaves every number in metrics.json, with its list and its classes, and a report", async () => {
  const metrics = JSON.parse(await Deno.readTextFile(workspace.path("first/evaluation/metrics.json")));
  const isPercentage = (value: unknown) => value === null || (typeof value === "number" && value >= 0 && value <= 100);
  for (const [part, keys] of Object.entries(metricKeys)) {
    for (const key of keys) assert(key in metrics[part] && isPercentage(metrics[part][key]), `${part}.${key}`);
    assert("perClass" in metrics[part] && typeof metrics[part].split === "string", part);
  }
  assertEquals(metrics.ablation.split, "val");
  for (const part of ["cam", "boundary", "full"]) {
    for (const key of ["ap50", "ap70"]) assert(isPercentage(metrics.ablation[part][key]), `ablation.${part}.${key}`);
    assertEquals(Object.keys(metrics.ablation[part].perClass.ap50), ["round", "cross", "triangle", "diamond"]);
  }
  const report = await Deno.readTextFile(workspace.path("first/evaluation/report.html"));
  assertEquals([...report.matchAll(/<section id="(\w+)">/g)].map(([, id]) => id), [
    ...["results", "doubts", "parts", "errors", "curves", "classes", "confusion", "images", "gallery", "pixel"],
    ...["settings", "run"],
  ]);
  const lines = (await Deno.readTextFile(workspace.path("first/evaluation/images.jsonl"))).trim().split("\n");
  assertEquals(lines.length, metrics.semantic.images);
  const analysis = JSON.parse(await Deno.readTextFile(workspace.path("first/evaluation/analysis.json")));
  const [low, high] = analysis.intervals.semantic;
  assert(low <= metrics.semantic.miou && metrics.semantic.miou <= high, `${low} … ${high}`);
});

Deno.test("report puts a run beside another, and changes nothing of it", async () => {
  const out = workspace.path("beside.html"), against = workspace.path("second/evaluation/metrics.json");
  const main = new URL("../../mod.ts", import.meta.url).pathname, flags = ["--against", against, "--out", out];
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", main, "report", workspace.path("first"), ...flags],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  assert(/^Both are about the same \d+ images\.$/m.test(new TextDecoder().decode(stdout)));
  assert((await Deno.readTextFile(out)).includes('<section id="against">'));
  assertEquals(await differences(workspace.path("second"), workspace.path("first")), []);
});

Deno.test("figures draws an image as pictures and pages", async () => {
  const { code, stdout, stderr } = await workspace.command("figures", { workdir: "first" });
  const [, id, folder] = /^\d+ figures of (\S+) in (\S+)$/.exec(stdout.trim()) ?? [];
  assert(code === 0 && id && folder, stderr);
  const files = [...Deno.readDirSync(`${folder}/${id}`)].map(({ name }) => name);
  for (
    const name of [
      "overview.png",
      "cams.png",
      "relations.png",
      "displacements.png",
      "masks.png",
      "pixel.html",
    ]
  ) {
    assert(files.includes(name), name);
  }
  assertEquals(files.includes("synthesis.png"), files.includes("walk.png"), "both show CAMs that are not empty");
  const ofRun = [...Deno.readDirSync(folder)].filter(({ isFile }) => isFile).map(({ name }) => name).sort();
  assertEquals(ofRun, ["approach.png", "architecture.png", "results.png"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("evaluate sweeps powers of CAMs and thresholds, over the maps alone, as it judges them", async () => {
  const used = JSON.parse(await Deno.readTextFile(workspace.path("first/evaluation/metrics.json"))).semantic;
  const args = ["--powers", "1,2", "--sweep", String(used.threshold)];
  const { stdout, stderr } = await workspace.command("evaluate", { workdir: "first", args });
  assertEquals(madeBy(stdout), { sweep: 4, sweep_table: 1 }, stderr);
  const folder = workspace.path("first/sweep_table");
  const { rows } = JSON.parse(await Deno.readTextFile(`${folder}/table.json`));
  assertEquals(rows[0].curve, [{ threshold: used.threshold, miou: used.miou }]);
  const lines = (await Deno.readTextFile(`${folder}/table.csv`)).split("\n");
  assertEquals(lines.slice(0, 2), ["power,threshold,miou", `1,${used.threshold},${used.miou}`]);
  for (const stage of ["sweep", "sweep_table"]) {
    await Deno.remove(workspace.path(`first/${stage}`), { recursive: true });
  }
});

Deno.test("thresholds chooses them from the maps, and writes a configuration whose results say so", async () => {
  await workspace.copy("first", "chosen");
  const out = workspace.path("chosen.json");
  const { stdout, stderr } = await workspace.command("thresholds", { workdir: "chosen", args: ["--out", out] });
  assertEquals(madeBy(stdout), { cam_thresholds: 4, label_thresholds: 4, thresholds: 1 }, stderr);
  assert(/^cam\.threshold +0\.4 +0\.\d+ +[\d.]+ +0\.\d+ +[\d.]+$/m.test(stdout), stdout);
  const { cam, evaluation, data } = loadConfig({ file: out });
  assert(evaluation.chosen.includes(`cam.threshold=${cam.threshold} maps val`), evaluation.chosen.join());
  assertEquals([evaluation.chosen.length, data.root], [5, workspace.path("data")]);
  const { cam: found } = JSON.parse(await Deno.readTextFile(workspace.path("chosen/thresholds/proposal.json")));
  assertEquals(found.threshold, cam.threshold);
});

Deno.test("evaluate prints a row for each class, and ablation its table alone", async () => {
  const { stdout } = await workspace.command("evaluate", { workdir: "first" });
  assert(/^class +AP of names .*\nround .*\ncross .*\ntriangle .*\ndiamond .*\nbackground /m.test(stdout), stdout);
  const ablation = await workspace.command("ablation", { workdir: "first" });
  assertEquals(
    ablation.stdout.trim().split("\n").map((line) => line.replace(/ {2,}.*| at .*/, "")),
    [
      ...["instances on val", "CAM components", "+ class boundary", "+ displacement (full method)"],
      ...["colours alone (control)", "CAMs are cut", "Scores of all rows: maximum"],
    ],
  );
});

/** How far a run is: lines in the manifests of its stages and in the logs of its trainings. */
async function traces(workdir: string, stages = Object.keys(all)): Promise<number> {
  let lines = 0;
  for (const stage of stages) {
    for (const file of ["manifest.jsonl", "log.jsonl"]) {
      const text = await Deno.readTextFile(`${workdir}/${stage}/${file}`).catch(() => "");
      lines += text.split("\n").length - 1;
    }
  }
  return lines;
}

/** Does a training again that is stopped in its middle, from its checkpoint. */
async function stopAndGoOn(workdir: string, stage: string, settings: readonly string[] = []): Promise<void> {
  await Deno.remove(workspace.path(`${workdir}/${stage}`), { recursive: true });
  const options = { workdir, args: ["--stages", stage, ...settings] };
  const child = workspace.start("run", options);
  let isOver = false;
  const ended = child.output().finally(() => isOver = true);
  while (!isOver && await traces(workspace.path(workdir), [stage]) < 4) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (!isOver) child.kill("SIGINT");
  const { code, stderr } = await ended;
  assertEquals(code, 130, new TextDecoder().decode(stderr));
  const { tensors } = await readSafetensors(workspace.path(`${workdir}/${stage}/state.safetensors`));
  assert(tensors["step"]!.data[0]! >= 2, stage);
  assertEquals((await workspace.command("run", options)).code, 0);
}

Deno.test("run stopped in the middle of each training goes on from its checkpoint to the same bytes", async () => {
  await workspace.copy("first", "stopped");
  for (const stage of ["backbone_train", "cam_train", "irnet_train"]) await stopAndGoOn("stopped", stage);
  assertEquals(await differences(workspace.path("stopped"), workspace.path("first")), []);
});

Deno.test("run goes on in the middle of a stage, and with one Worker as with two", async () => {
  await workspace.copy("first", "middle");
  for (const stage of ["cam", "relation", "instance", "measure"]) {
    const path = workspace.path(`middle/${stage}/manifest.jsonl`);
    const lines = (await Deno.readTextFile(path)).split("\n");
    await Deno.writeTextFile(path, `${lines.slice(0, 3).join("\n")}\n${lines[3]!.slice(0, 40)}`);
  }
  const { code, stdout, stderr } = await workspace.command("run", {
    workdir: "middle",
    args: ["--set", "compute.workers=1"],
  });
  assertEquals(
    [code, madeBy(stdout)],
    [0, { ...none, cam: 13, relation: 9, instance: 1, measure: 13 }],
    stderr,
  );
  assertEquals(await differences(workspace.path("middle"), workspace.path("first")), []);
});

Deno.test("run with a changed setting redoes only what depends on it", async () => {
  await workspace.copy("first", "changed");
  const { code, stdout, stderr } = await workspace.command("run", {
    workdir: "changed",
    args: ["--set", "synthesis.semanticThreshold=0.3"],
  });
  assertEquals([code, madeBy(stdout)], [0, { ...none, semantic: 4, measure: 16, evaluation: 1, model: 1 }], stderr);
});

Deno.test("run trains again after a change of photographs or class names, not because the data set moved", async () => {
  for (const folder of ["JPEGImages", "Annotations", "SegmentationClass", "SegmentationObject", "ImageSets"]) {
    await workspace.copy(`data/${folder}`, `moved/${folder}`);
  }
  await Deno.utime(workspace.path("moved/JPEGImages/train_0001.png"), 1e9, 1e9);
  const plan = async () => {
    const options = { workdir: "first", args: ["--voc-root", workspace.path("moved")] };
    const { stdout } = await workspace.command("dry-run", options);
    return stdout.split("\n").filter((line) => /_train \(/.test(line)).map((line) => line.replace(/ .*: /, ": "));
  };
  assertEquals(await plan(), ["backbone_train: done", "cam_train: done", "irnet_train: done"]);

  const labels = workspace.path("moved/Annotations/val_0001.xml"), before = await Deno.readTextFile(labels);
  await Deno.writeTextFile(labels, before.replace(/<object>.*<\/object>/s, ""));
  assertEquals((await plan()).slice(0, 2), ["backbone_train: done", "cam_train: other inputs"]);

  await Deno.copyFile(
    workspace.path("moved/JPEGImages/train_0002.png"),
    workspace.path("moved/JPEGImages/train_0001.png"),
  );
  assertEquals((await plan())[0], "backbone_train: other inputs");
});

Deno.test("run --limit takes fewer images from the first training to the end", async () => {
  const { code, stdout, stderr } = await workspace.command("run", { workdir: "limited", args: ["--limit", "3"] });
  const fewer = { ...all, cam: 6, relation: 3, irnet: 3, instance: 3, semantic: 3, measure: 6 };
  assertEquals([code, madeBy(stdout)], [0, fewer], stderr);
});

Deno.test("run with AMN trains IRNet on its labels, goes on to the same bytes, and its model predicts", async () => {
  await workspace.copy("first", "amn");
  const args = ["--set", "amn.use=true"], run = await workspace.command("run", { workdir: "amn", args });
  const again = { irnet_train: 1, irnet: 4, instance: 4, semantic: 4, measure: 16, evaluation: 1, model: 1 };
  assertEquals(
    [run.code, madeBy(run.stdout)],
    [0, { ...none, amn_train: 1, amn: 16, amn_relation: 12, ...again }],
    run.stderr,
  );
  const { cam, amn } = JSON.parse(await Deno.readTextFile(workspace.path("amn/evaluation/metrics.json")));
  const before = JSON.parse(await Deno.readTextFile(workspace.path("first/evaluation/metrics.json")));
  assertEquals([cam.miou, amn.split, amn.images], [before.cam.miou, "val", 4]);
  assert(/^AMN +mIoU /m.test(run.stdout), run.stdout);

  const figures = await workspace.command("figures", { workdir: "amn", args: [...args, "--ids", "val_0001"] });
  const folder = / in (\S+)$/.exec(figures.stdout.trim())?.[1];
  assert((await Deno.stat(`${folder}/val_0001/amn_thresholds.png`)).size > 0, figures.stderr);
  await Deno.remove(folder!, { recursive: true });

  await workspace.copy("amn", "amn_stopped");
  await stopAndGoOn("amn_stopped", "amn_train", args);
  const manifest = workspace.path("amn_stopped/amn/manifest.jsonl");
  await Deno.writeTextFile(manifest, (await Deno.readTextFile(manifest)).split("\n").slice(0, 3).join("\n"));
  assertEquals((await workspace.command("run", { workdir: "amn_stopped", args })).code, 0);
  assertEquals(await differences(workspace.path("amn_stopped"), workspace.path("amn")), []);

  // Without labels of training, predictions of the same images and names are the labels of the run.
  await Deno.mkdir(workspace.path("new"));
  await Deno.copyFile(workspace.path("data/JPEGImages/val_0001.png"), workspace.path("new/val_0001.png"));
  const names = [
    ...(await Deno.readTextFile(workspace.path("data/Annotations/val_0001.xml"))).matchAll(/<name>(\w+)</g),
  ];
  const labels = { val_0001: [...new Set(names.map(([, name]) => name))] };
  await Deno.writeTextFile(workspace.path("new.json"), JSON.stringify(labels));
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", new URL("../../mod.ts", import.meta.url).pathname, "predict"],
      ...[workspace.path("new"), "--weights", workspace.path("amn"), "--labels", workspace.path("new.json")],
      ...["--out", workspace.path("predicted"), "--backend", "wasm"],
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  for (const file of ["amn/val_0001.npz", "semantic/val_0001.png"]) {
    const [ours, theirs] = await Promise.all(
      ["predicted", "amn"].map((folder) => Deno.readFile(workspace.path(`${folder}/${file}`))),
    );
    assertEquals(ours, theirs, file);
  }
});
