/** What goes wrong in a whole run, as a user sees it: exit codes, messages, and what stays. */
import { existsSync } from "node:fs";
import { assert, assertEquals } from "../assert.ts";
import { readSafetensors } from "../../lib/files/safetensors.ts";
import { comparableFiles } from "./comparison.ts";
import { madeBy, Workspace } from "./workspace.ts";

let workspace: Workspace;

Deno.test.beforeAll(async () => {
  workspace = await Workspace.make();
});
Deno.test.afterAll(() => workspace.remove());

/** Fewer steps than in other tests: the backbone does not matter here. */
const short = ["--set", "backbone.pretraining.epochs=1"];

const mistakes: [args: string[], message: string][] = [
  [["--voc-root", "/nowhere"], "Expected a folder with images for data.root but found none at /nowhere"],
  [["--set", "irnet.epochs=3"], "found the unknown key irnet.epochs; the nearest is irnet.training.epochs"],
  [["--set", "data.inferList=vall"], "data.inferList: Expected a list at "],
  [["--set", "walk.steps=many"], 'Expected a whole number of at least 0 for walk.steps but found "many"'],
];

for (const [args, message] of mistakes) {
  Deno.test(`run ends with 2 and one line, before it writes anything, for ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await workspace.command("run", { workdir: "mistaken", args });
    assertEquals([code, stdout, stderr.trim().split("\n").length], [2, "", 1], stderr);
    assert(stderr.includes(message), stderr);
    assertEquals(existsSync(workspace.path("mistaken")), false);
  });
}

Deno.test("run names an image that is cut off and keeps what is done, or goes on without it", async () => {
  const image = workspace.path("data/JPEGImages/val_0002.png"), whole = await Deno.readFile(image);
  await Deno.writeFile(image, whole.subarray(0, whole.length / 2));
  try {
    const failed = await workspace.command("run", { workdir: "bad", args: short });
    assertEquals(failed.code, 1, failed.stderr);
    const message = failed.stderr.trim().split("\n").at(-1)!;
    assert(message.startsWith("cam_train: ") && message.includes("val_0002"), message);
    const before = await comparableFiles(workspace.path("bad/backbone_train"));
    assert("weights.safetensors" in before);

    const skipped = await workspace.command("run", { workdir: "bad", args: [...short, "--on-bad-image", "skip"] });
    const { backbone_train, cam, irnet, evaluation } = madeBy(skipped.stdout);
    assertEquals([skipped.code, backbone_train, cam, irnet, evaluation], [0, 0, 15, 3, 1], skipped.stderr);
    assertEquals(await comparableFiles(workspace.path("bad/backbone_train")), before);
    const line = JSON.parse(await Deno.readTextFile(workspace.path("bad/quarantine.jsonl")));
    assertEquals(line.id, "val_0002");
  } finally {
    await Deno.writeFile(image, whole);
  }
});

const trainCam = [...short, "--stages", "backbone_train,cam_train"];

Deno.test("run names step and images of a loss that is not finite, and keeps what is done", async () => {
  const args = [...trainCam, "--set", "cam.training.optimiser.learningRate=1e30"];
  const { code, stderr } = await workspace.command("run", { workdir: "exploded", args });
  const message = stderr.trim().split("\n").at(-1)!;
  assertEquals(code, 1, stderr);
  assert(
    /^cam_train: Expected a finite .* step \d+ but found .*; images of the batch: \w+_\d{4}, .*; the training diverged: try /
      .test(message),
    stderr,
  );
  assert((await Deno.stat(workspace.path("exploded/backbone_train/weights.safetensors"))).isFile);
});

Deno.test("run keeps the last good checkpoint of a training that diverges", async () => {
  // Each step multiplies the weights by 1 − 0.01 · 200.5: they change sign, grow, and overflow after some dozens.
  const settings = ["epochs=60", "optimiser.weightDecay=200.5", "optimiser.headFactor=1", "optimiser.power=0.001"];
  const args = [...trainCam, ...settings.flatMap((setting) => ["--set", `cam.training.${setting}`])];
  const { code, stderr } = await workspace.command("run", { workdir: "diverged", args });
  assertEquals(code, 1, stderr);
  const step = Number(/Expected a finite loss at step (\d+)/.exec(stderr)?.[1]);
  assert(step > 20, stderr);
  const { tensors } = await readSafetensors(workspace.path("diverged/cam_train/state.safetensors"));
  assertEquals(tensors["step"]!.data[0], Math.floor(step / 20) * 20);
  for (const [name, { data }] of Object.entries(tensors)) assert(data.every(Number.isFinite), name);
});

Deno.test("run ends with what it saw, and what to change, where a classifier learned nothing, and goes on from there", async () => {
  const args = [...trainCam, "--set", "cam.training.epochs=20", "--set", "cam.training.optimiser.learningRate=1e-12"];
  for (const isAgain of [false, true]) {
    const { code, stderr } = await workspace.command("run", { workdir: "stuck", args });
    const message = stderr.trim().split("\n").at(-1)!;
    assertEquals(code, 1, stderr);
    assert(
      /^cam_train: Expected the loss to fall clearly below 0\.\d+, .* but found 0\.\d+ at the start and 0\.\d+ in the last 20 of 60 steps; mAP on \d+ training images is \d+\.\d, by chance \d+\.\d: the training learned nothing\. Try .*cam\.training\.epochs \(now 20\)/
        .test(message),
      message,
    );
    if (isAgain) assert(stderr.includes("cam_train (Class Attention Maps): unfinished"), stderr);
    assertEquals(existsSync(workspace.path("stuck/cam_train/weights.safetensors")), false);
    assertEquals(existsSync(workspace.path("stuck/cam_train/state.safetensors")), true);
  }
});
