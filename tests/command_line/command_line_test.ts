import { assert, assertEquals } from "../assert.ts";
import { main } from "../../lib/command_line/main.ts";
import { configOf } from "../../lib/command_line/run_stages.ts";
import { loadConfig } from "../../lib/config/load_config.ts";
import { settings } from "../../lib/config/settings.ts";
import { toys, withWorkspace } from "../run/workspace.ts";

/** Exit code and output of a command. */
async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { log, error } = console;
  let out = "", err = "";
  console.log = (text) => void (out += `${text}\n`);
  console.error = (text) => void (err += `${text}\n`);
  try {
    return { code: await main(args, { module: toys, evaluationStages: ["evaluation"] }), out, err };
  } finally {
    Object.assign(console, { log, error });
  }
}

const mistakes: [args: string[], message: string][] = [
  [["rum"], "but found rum; the nearest is run"],
  [["run", "--forse"], "Expected a flag of this command but found --forse; the nearest is --force"],
  [["--wrkdir=out"], "Expected a flag of this command but found --wrkdir; the nearest is --workdir"],
  [["config", "--limit", "3"], "Expected a flag of this command but found --limit; the nearest is --set"],
  [["run", "-f"], "Expected a flag of this command but found -f; the nearest is --set"],
  [["run", "--seed"], "Expected <number> after --seed but found nothing"],
  [["run", "--seed", "--force"], "Expected <number> after --seed but found --force"],
  [["run", "--force=yes"], "Expected --force without a value but found yes"],
  [["run", "--seed", "1", "--seed", "2"], "Expected --seed once but found it twice"],
  [["run", "cam"], "Expected no argument cam after run"],
  [["stage"], "Expected the name of a stage but found none"],
  [["stage", "words", "pairs"], "Expected no argument pairs after stage"],
  [["run", "--limit", "0"], "Expected a whole number of at least 1 for --limit but found 0"],
  [["run", "--on-bad-image", "ignore"], "Expected --on-bad-image fail or skip but found ignore"],
  [
    ["submit-slurm", "--voc-root", "/", "--shards", "0"],
    "Expected a whole number of at least 1 for --shards but found 0",
  ],
  [
    ["submit-slurm", "--voc-root", "/", "--memory", "lots"],
    "Expected a size such as 8G or 500M for --memory but found lots",
  ],
  [
    ["submit-kubernetes", "--voc-root", "/", "--name", "My run"],
    "Expected small letters, digits and hyphens for --name but found My run",
  ],
  [["run", "--shard", "3"], "Expected --shard i/n, auto or auto/n but found 3"],
  [["run", "--shard", "4/4"], "Expected a shard from 0/4 to 3/4 but found 4/4"],
  [
    ["run", "--preset", "papr"],
    "Expected one of paper, lite, sample, coco as preset but found papr; the nearest is paper",
  ],
  [["run", "--set", "walk.beta"], "Expected --set key=value but found walk.beta"],
  [["run", "--set", "irnet.epochs=3"], "found the unknown key irnet.epochs; the nearest is irnet.training.epochs"],
  [["run", "--set", "walk.radius=many"], 'Expected a whole number of at least 2 for walk.radius but found "many"'],
  [
    ["run", "--backend", "cuda"],
    'Expected one of auto, tensorflow, webgpu, wasm, cpu for compute.backend but found "cuda"',
  ],
  [["run", "--seed", "-1"], "Expected a whole number from 0 to 4294967295 for seed but found -1"],
  [["run"], "Expected a folder with images for data.root but found null; give --voc-root"],
  [["run", "--voc-root", "/nowhere"], "Expected a folder with images for data.root but found none at /nowhere"],
  [
    ["run", "--voc-root", "/", "--set", "backbone.weights=/nowhere/w.safetensors"],
    "Expected a file for backbone.weights but found none at /nowhere/w.safetensors",
  ],
  [
    ["run", "--voc-root", "/", "--set", "data.labels=/no"],
    "Expected a file or folder for data.labels but found none at /no",
  ],
  [["run", "--config", "/nowhere.json"], "Expected a configuration in /nowhere.json but found: No such file"],
];

for (const [args, message] of mistakes) {
  Deno.test(`main() ends with 2 for: ${args.join(" ")}`, async () => {
    const { code, out, err } = await command(...args);
    assert(err.includes(message), err);
    assertEquals([code, out, err.trim().split("\n").length], [2, "", 1]);
  });
}

Deno.test("main() ends with 2 for a stage that does not exist, naming the nearest", async () => {
  await withWorkspace(1, async ({ data, workdir }) => {
    const { code, err } = await command("stage", "synthesiss", "--voc-root", data("."), "--workdir", workdir);
    assertEquals(code, 2);
    assert(err.includes("found synthesiss; the nearest is synthesis"), err);
  });
});

Deno.test("main() ends with 1 and one line when a stage fails, and with a trace to debug", async () => {
  await withWorkspace(2, async ({ data, workdir }) => {
    const args = ["stage", "pairs", "--voc-root", data("."), "--workdir", workdir];
    const { code, err } = await command(...args);
    assertEquals([code, err.trim().split("\n").length], [1, 1]);
    assert(err.startsWith("pairs, image image_00"), err);
    const { error } = console;
    let shown: unknown;
    console.error = (what) => shown = what;
    await main([...args, "--debug"], { module: toys }).finally(() => console.error = error);
    assert(shown instanceof Error && shown.cause instanceof Error);
  });
});

Deno.test("main() puts a configuration together: preset, file, --set, short flags", async () => {
  const file = await Deno.makeTempFile();
  const config = { preset: "lite", walk: { beta: 3, radius: 7 }, cam: { scales: [1, 2] }, backbone: { weights: "w" } };
  await Deno.writeTextFile(file, JSON.stringify(config));
  const { code, out } = await command(
    ...["config", "--config", file, "--set", "walk.beta=4", "--set", "walk.beta=5", "--set", "backbone.weights=null"],
    ...["--set", "cam.training.resizeLong=[200, 300]", "--set=data.classes=cat, dog", "--seed=9", "--backend", "cpu"],
  );
  await Deno.remove(file);
  assertEquals(code, 0);
  const { preset, walk, cam, backbone, data, seed, compute, irnet } = JSON.parse(out);
  assertEquals(
    [preset, walk, cam.scales, cam.training.resizeLong, backbone.weights, data.classes, seed, compute.backend],
    ["lite", { radius: 7, beta: 5, steps: 256 }, [1, 2], [200, 300], null, ["cat", "dog"], 9, "cpu"],
  );
  assertEquals(irnet.training.epochs, 6); // of the preset
});

Deno.test("main() shows help and version with code 0", async () => {
  const help = await command("--help");
  assertEquals(help.code, 0);
  for (const name of ["evaluate", "ablation", "demo", "--on-bad-image", "--shard"]) assert(help.out.includes(name));
  const stage = await command("stage", "--help");
  assert(stage.out.includes("synthesis") && !stage.out.includes("--stages"), stage.out);
  const { version } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert((await command("--version")).out.startsWith(`irnet ${version}, deno `));
});

Deno.test("main() shows every setting with its presets, unit, bounds and source", async () => {
  const { code, out } = await command("config", "--help");
  assertEquals(code, 0);
  const lines = out.split("\n");
  for (const { key, schema, isGroup } of settings) {
    const line = isGroup ? `${key}: ${schema.help}` : `      ${schema.help}`;
    assert(schema.help && lines.includes(line), `Expected ${line} of ${key}`);
  }
  const walk = lines.slice(lines.indexOf("walk: Random walk"));
  assert(/^ {2}radius +5 +pixels at stride 4, whole ≥ 2 +released code$/.test(walk[1]!), walk[1]);
  assert(/^ {2}steps +256 +24 +whole ≥ 0 /.test(walk[5]!), walk[5]);
});

Deno.test("main() lists the stages of the comparison, too, and runs them on labels of its training images", async () => {
  const { log } = console;
  let out = "";
  console.log = (text) => void (out += `${text}\n`);
  await main(["stage", "--help"]).finally(() => console.log = log);
  for (const name of ["cam_train", "evaluation", "affinitynet", "mask_rcnn_truth", "compare"]) {
    assert(new RegExp(`^ {2}${name} `, "m").test(out), name);
  }
  const config = loadConfig({ preset: "sample" });
  assertEquals(await configOf(["cam", "evaluation", "sweep"], config), config);
  assertEquals((await configOf(["mask_rcnn_truth"], config)).data.inferList, config.downstream.trainList);
});

Deno.test("main() evaluates the list, classes and thresholds it is told, and says what it did", async () => {
  await withWorkspace(2, async ({ data, workdir, run, out }) => {
    await run();
    const common = ["--preset", "sample", "--voc-root", data("."), "--workdir", workdir];
    const args = ["--list", "val", "--classes", "cross", "--sweep", "0.1:0.3:0.1", ...common];
    const { code, out: table } = await command("evaluate", "--force", ...args);
    assertEquals(code, 0);
    assert(/^stage +made +time +rate +peak memory\nevaluation +1 of 1 /.test(table), table);
    const { config } = JSON.parse(await Deno.readTextFile(out("run.json")));
    assertEquals(
      [config.data.inferList, config.data.instanceList, config.evaluation.classes, config.evaluation.camThresholds],
      ["val", "val", ["cross"], [0.1, 0.2, 0.3]],
    );
    assertEquals((await command("dry-run", ...common)).out.split("\n")[0], "words (Toys): 2 images, all done");
    assertEquals(
      (await command("run", "--dry-run", "--stages", "words", "--force", ...common)).out,
      [
        "words (Toys): 2 images, 2 to do (2 forced)\n",
      ].join(),
    );
  });
});
