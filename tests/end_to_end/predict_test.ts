/** Masks for new images from the model that a run leaves, by the command `predict`. */
import sharp from "sharp";
import { decodeSafetensors } from "../../lib/files/safetensors.ts";
import { modelFacts } from "../../lib/stages/model_file.ts";
import { assert, assertEquals } from "../assert.ts";
import { comparableFiles } from "./comparison.ts";
import { type Ended, madeBy, Workspace } from "./workspace.ts";

const main = new URL("../../mod.ts", import.meta.url).pathname;
const classes = ["round", "cross", "triangle", "diamond"];

let workspace: Workspace;
let model: string;

Deno.test.beforeAll(async () => {
  const counts = { train: 6, val: 3, empty: 1 };
  workspace = await Workspace.make({ counts, epochs: { backbone: 2, cam: 1, irnet: 1 } });
  const { code, stderr } = await workspace.command("run", { workdir: "first" });
  assertEquals(code, 0, stderr);
  model = workspace.path("first/model.safetensors");
});
Deno.test.afterAll(() => workspace.remove());

/** `predict` on a folder of the workspace, with one Worker. */
async function predict(folder: string, ...args: string[]): Promise<Ended> {
  const compute = ["--backend", "wasm", "--set", "compute.workers=1", "--set", "compute.threads=1"];
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", main, "predict", workspace.path(folder), ...compute, ...args],
    cwd: workspace.root,
  });
  const { code, stdout, stderr } = await command.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Files of a stage, but for the records of how they were made. */
async function results(folder: string): Promise<Record<string, string>> {
  const { "manifest.jsonl": _, ...files } = await comparableFiles(workspace.path(folder));
  return files;
}

const readJson = async (path: string) => JSON.parse(await Deno.readTextFile(workspace.path(path)));

/** Names of the classes in the validation images, as VOC's XML has them. */
async function trueLabels(): Promise<Record<string, string[]>> {
  const ids = ["val_0001", "val_0002", "val_0003"];
  return Object.fromEntries(
    await Promise.all(ids.map(async (id) => {
      const xml = await Deno.readTextFile(workspace.path(`data/Annotations/${id}.xml`));
      return [id, classes.filter((name) => xml.includes(`<name>${name}<`))];
    })),
  );
}

/** A folder with the validation images, one of them in a folder below. */
async function copyImages(folder: string): Promise<void> {
  await Deno.mkdir(workspace.path(`${folder}/more of them`), { recursive: true });
  for (const [n, to] of [[1, ""], [2, ""], [3, "more of them/"]] as const) {
    await Deno.copyFile(
      workspace.path(`data/JPEGImages/val_000${n}.png`),
      workspace.path(`${folder}/${to}val_000${n}.png`),
    );
  }
}

Deno.test("a run ends with a model that knows its classes, settings and thresholds", async () => {
  const facts = modelFacts(decodeSafetensors(await Deno.readFile(model), model))!;
  assertEquals([facts.settings.preset, facts.settings.data?.classes], ["sample", classes]);
  assertEquals(facts.settings.walk, { radius: 5, beta: 10, steps: 8 });
  assertEquals(facts.thresholdsFrom, { list: "val", images: 3 });

  const stage = async (...args: string[]) => {
    const { code, stdout, stderr } = await workspace.command("stage", { workdir: "first", args: ["model", ...args] });
    assertEquals(code, 0, stderr);
    return madeBy(stdout);
  };
  assertEquals(await stage(), { model: 0 });
  const before = await Deno.readFile(model);
  await Deno.remove(model);
  assertEquals(await stage(), { model: 1 });
  assertEquals(await Deno.readFile(model), before);
});

Deno.test("told the classes, predict makes the bytes that the run itself made of these images", async () => {
  await copyImages("told");
  await Deno.writeTextFile(workspace.path("told.json"), JSON.stringify(await trueLabels()));
  const args = ["--weights", "first", "--labels", workspace.path("told.json"), "--out", "told-out"];
  const { code, stdout, stderr } = await predict("told", ...args);
  assertEquals(code, 0, stderr);
  for (const stage of ["cam", "irnet", "instance", "semantic"]) {
    const { ...expected } = await results(`first/${stage}`);
    for (const name of Object.keys(expected)) if (!name.startsWith("val")) delete expected[name];
    assertEquals(await results(`told-out/${stage}`), expected, stage);
  }
  assert(stdout.includes("Classes of 3 images, as the labels say"), stdout);

  const again = await predict("told", ...args);
  assertEquals(new Set(Object.values(madeBy(again.stdout))), new Set([0]), again.stdout);
  const dry = await predict("told", ...args, "--dry-run");
  assert(!dry.stdout.includes("to do"), dry.stdout);
});

Deno.test("a run with LPCAM ends with a model of prototypes, from which predict makes the bytes of the run", async () => {
  await workspace.copy("first", "lpcam");
  const run = async () => {
    const args = ["--set", "cam.method=lpcam", "--set", "cam.prototypes.clusters=3"];
    const { code, stdout, stderr } = await workspace.command("run", { workdir: "lpcam", args });
    assertEquals(code, 0, stderr);
    return madeBy(stdout);
  };
  const { cam_train, prototypes, cam } = await run();
  assertEquals([cam_train, prototypes, cam], [0, 1, 9]);
  const before = await comparableFiles(workspace.path("lpcam"));
  await Deno.remove(workspace.path("lpcam/prototypes"), { recursive: true });
  const again = await run();
  assertEquals([again["prototypes"], again["cam"], again["irnet_train"], again["model"]], [1, 0, 0, 0]);
  assertEquals(await comparableFiles(workspace.path("lpcam")), before);

  const args = ["--labels", workspace.path("told.json")];
  const told = await predict("told", "--weights", "lpcam", ...args, "--out", "lpcam-out");
  assertEquals(told.code, 0, told.stderr);
  for (const stage of ["cam", "instance", "semantic"]) {
    const made = await results(`lpcam-out/${stage}`), own = await results(`lpcam/${stage}`);
    assertEquals(made, Object.fromEntries(Object.keys(made).map((name) => [name, own[name]])), stage);
  }
  assert((await results("lpcam-out/cam"))["val_0001.npz"] !== (await results("first/cam"))["val_0001.npz"]);
  const foreign = await predict("told", "--weights", "first", ...args, "--out", "no", "--set", "cam.method=lpcam");
  assertEquals(foreign.code, 2, foreign.stderr);
  assert(foreign.stderr.includes("leave cam.method to the model"), foreign.stderr);
});

Deno.test("without labels the classifier names the classes, of images of any kind", async () => {
  const picture = () => sharp(workspace.path("data/JPEGImages/val_0001.png"));
  await Deno.mkdir(workspace.path("odd"));
  const to = (file: string) => workspace.path(`odd/${file}`);
  await picture().greyscale().png().toFile(to("grey.png"));
  await picture().toColourspace("cmyk").jpeg().toFile(to("cmyk.jpg"));
  await picture().toColourspace("rgb16").tiff().toFile(to("deep.tif"));
  await picture().resize(700, 433, { fit: "fill" }).webp().toFile(to("large.webp"));
  await Deno.writeTextFile(to("labels.json"), "this is not read");

  const dry = await predict("odd", "--weights", model, "--dry-run");
  assert(/classify .*4 images, 4 to do/.test(dry.stdout), dry.stdout);
  const { code, stdout, stderr } = await predict(
    "odd",
    "--weights",
    model,
    "--classes",
    "round,cross",
    "--out",
    "odd-out",
  );
  assertEquals(code, 0, stderr);
  const out = "odd-out", labels: Record<string, string[]> = await readJson(`${out}/labels.json`);
  const { thresholds } = modelFacts(decodeSafetensors(await Deno.readFile(model), model))!;
  assertEquals(Object.keys(labels), ["cmyk", "deep", "grey", "large"]);
  for (const [id, names] of Object.entries(labels)) {
    const scores: number[] = await readJson(`${out}/classify/${id}.json`);
    assertEquals(scores.length, 4);
    assertEquals(names, ["round", "cross"].filter((_, c) => scores[c]! >= (thresholds[c] ?? 0.5)), id);
  }
  const coco = await readJson(`${out}/instances.json`);
  assertEquals(coco.images.map((image: { file_name: string }) => image.file_name), [
    ...["cmyk.jpg", "deep.tif", "grey.png", "large.webp"],
  ]);
  assertEquals(coco.categories.length, 4);
  assert(coco.annotations.every(({ category_id }: { category_id: number }) => category_id <= 2));
  const { width, height } = await sharp(workspace.path(`${out}/semantic/large.png`)).metadata();
  assertEquals([width, height], [700, 433]);
  assert(stdout.includes("thresholds of 3 images of val"), stdout);
  assertEquals(
    stdout.trimEnd().endsWith((await Deno.readTextFile(workspace.path(`${out}/report.txt`))).trimEnd()),
    true,
  );
});

Deno.test("shards that begin at once make the files of one process, which then has only to write the report", async () => {
  const args = ["--weights", model, "--classes", "round,cross"];
  const shards = await Promise.all(
    ["0/2", "1/2"].map((shard) => predict("odd", ...args, "--out", "shared-out", "--shard", shard)),
  );
  for (const [i, { code, stdout, stderr }] of shards.entries()) {
    assertEquals(code, 0, stderr);
    assert(stdout.includes(`Done: part ${i} of 2`), stdout);
  }
  assertEquals(await Deno.stat(workspace.path("shared-out/report.txt")).then(() => true, () => false), false);
  const { code, stdout, stderr } = await predict("odd", ...args, "--out", "shared-out");
  assertEquals([code, new Set(Object.values(madeBy(stdout)))], [0, new Set([0])], stdout + stderr);
  for (const stage of ["classify", "cam", "instance", "semantic"]) {
    assertEquals(await results(`shared-out/${stage}`), await results(`odd-out/${stage}`), stage);
  }
  for (const file of ["labels.json", "instances.json"]) {
    assertEquals(await readJson(`shared-out/${file}`), await readJson(`odd-out/${file}`));
  }
});

Deno.test("images without any class get masks without objects, and are named", async () => {
  await copyImages("none");
  const labels = { val_0001: [], val_0002: [], val_0003: [] };
  await Deno.writeTextFile(workspace.path("none.json"), JSON.stringify(labels));
  const args = ["--weights", model, "--labels", workspace.path("none.json"), "--out", "none-out"];
  const { code, stdout, stderr } = await predict("none", ...args);
  assertEquals(code, 0, stderr);
  assert(stdout.includes("3 without a class: val_0001, val_0002, val_0003"), stdout);
  assert(stdout.includes("0 instances on 3 images"), stdout);
});

Deno.test("--judge compares the classes found with those that are known", async () => {
  await copyImages("judged");
  await Deno.writeTextFile(workspace.path("judged.json"), JSON.stringify(await trueLabels()));
  const judge = ["--judge", workspace.path("judged.json")];
  const { code, stdout, stderr } = await predict(
    "judged",
    "--weights",
    model,
    ...judge,
    "--limit",
    "2",
    "--out",
    "judged-out",
  );
  assertEquals(code, 0, stderr);
  assert(/classes judged by 2 labels +AP\n/.test(stdout) && /^mean +[\d.–]+$/m.test(stdout), stdout);
});

Deno.test("predict says what is wrong with weights, classes and folders, before it does anything", async () => {
  await copyImages("wrong");
  await Deno.mkdir(workspace.path("no images"));
  await Deno.writeFile(workspace.path("cut.safetensors"), (await Deno.readFile(model)).subarray(0, 9000));
  const strange = { val_0001: ["round", "yak"], val_0002: ["zebra"], val_0003: [] };
  await Deno.writeTextFile(workspace.path("strange.json"), JSON.stringify(strange));
  const given = ["--weights", model];
  const cases: [args: string[], code: number, words: string][] = [
    [["wrong"], 2, "Expected --weights with the model.safetensors of a run"],
    [["wrong", "--weights", "nowhere"], 2, "Expected a model at nowhere but found no such file"],
    [["wrong", "--weights", "data"], 2, "Expected model.safetensors in data but found none"],
    [["wrong", "--weights", "first/cam_train/weights.safetensors"], 2, "the model.safetensors of a run, in"],
    [["wrong", "--weights", "cut.safetensors"], 1, "in cut.safetensors"],
    [["nothing", ...given], 2, "Expected a folder of images but found none at"],
    [["no images", ...given], 1, "Expected images (.jpg"],
    [["wrong", ...given, "--classes", "round,daimond"], 2, "but found daimond; the nearest is diamond"],
    [
      ["wrong", ...given, "--labels", "strange.json"],
      2,
      "these weights know round, cross, triangle, diamond; the data set has yak, zebra too",
    ],
  ];
  for (const [[folder, ...args], code, words] of cases) {
    for (const dry of [[], ["--dry-run"]]) {
      const ended = await predict(folder!, ...args, ...dry);
      assertEquals(ended.code, code, ended.stderr);
      assert(ended.stderr.includes(words), `${words}: ${ended.stderr}`);
    }
  }
  const here = await Array.fromAsync(Deno.readDir(workspace.root), ({ name }) => name);
  assert(!here.includes("wrong-out"));
});

Deno.test("a dry run compares weights that settings name with the run: network, classes, their order", async () => {
  const own = workspace.path("first/cam_train/weights.safetensors");
  const dryRun = (...settings: string[]) =>
    workspace.command("dry-run", { workdir: "other", args: settings.flatMap((setting) => ["--set", setting]) });
  const order = "data.classes=cross,round,triangle,diamond";
  for (const weights of [model, own]) {
    const refused = await dryRun(`cam.weights=${weights}`, order);
    assertEquals(refused.code, 2);
    assert(refused.stderr.includes("the data set has them in another order, cross, round"), refused.stderr);
    const others = await dryRun(`cam.weights=${weights}`, "data.classes=round,cross,triangle,yak");
    assert(others.stderr.includes("the data set has yak too and lacks diamond"), others.stderr);
    assertEquals((await dryRun(`cam.weights=${weights}`)).code, 0);
  }
  const irnet = await dryRun(`irnet.weights=${model}`, order, "irnet.crop=96");
  assertEquals(irnet.code, 0, irnet.stderr);
  assert(irnet.stderr.includes("in another order") && irnet.stderr.includes("irnet.crop is 96 here, 160 in them"));

  const network = ["backbone.network=efficientnet_lite0", "backbone.pretraining=null"];
  const wrong = await dryRun(`irnet.weights=${model}`, ...network);
  assertEquals(wrong.code, 2);
  assert(wrong.stderr.includes("these are weights of sample, preset sample"), wrong.stderr);
  const backbone = await dryRun(
    `backbone.weights=${workspace.path("first/backbone_train/weights.safetensors")}`,
    ...network,
  );
  assertEquals(backbone.code, 2);
  assert(backbone.stderr.includes("Expected weights of efficientnet_lite0"), backbone.stderr);
});
