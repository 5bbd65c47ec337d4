import { assert, assertEquals, assertRejects } from "../assert.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { previewRun } from "../../lib/run/run.ts";
import { toys, withWorkspace, type Workspace } from "./workspace.ts";

/** A workspace with a training that took an hour. */
function withLongTraining(work: (workspace: Workspace) => Promise<void>): Promise<void> {
  return withWorkspace(7, async (workspace) => {
    await workspace.run();
    const path = workspace.out("train/manifest.jsonl"), text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replaceAll(/"seconds":[\d.e-]+/g, '"seconds":3600'));
    await work(workspace);
  });
}

Deno.test("run() asks before a long training is lost to other settings, its own or those of what it learned from", () =>
  withLongTraining(async ({ run, config, workdir }) => {
    const refused = (options: Parameters<typeof run>[0], found: string) =>
      assertRejects(
        () => run(options),
        UsageError,
        `Expected the settings that train was trained with, for 1h00m, but found ${found}: that would be trained again;`,
      );
    const shorter = { change: ({ irnet }: ReturnType<typeof config>) => void (irnet.training.epochs = 6) };
    await refused(shorter, "irnet.training.epochs 12 → 6");
    await refused({ change: ({ cam }) => void (cam.scales = [1]) }, "cam.scales [1,0.5,1.5,2] → [1]");
    await refused({ limit: 3 }, "--limit none → 3");

    const lines = await previewRun(config(shorter.change), { workdir, module: toys });
    assert(lines.at(-1)!.startsWith("A run would end at once. Expected the settings that train"), lines.join("\n"));

    const made = { words: 0, train: 1, pairs: 0, synthesis: 7, evaluation: 1 };
    assertEquals(await run({ ...shorter, retrain: true }), made);
    assertEquals(await run(), made, "the one before took no minute");
  }));

Deno.test("run() does a long training again without asking where its images changed, or with force", () =>
  withLongTraining(async ({ run, data }) => {
    const done = { words: 0, train: 0, pairs: 0, synthesis: 7, evaluation: 1 };
    assertEquals(await run({ change: ({ walk }) => walk.beta = 8 }), done);
    await Deno.writeTextFile(data("image_002.txt"), "another photograph");
    const { words, train } = await run({ change: ({ walk }) => walk.beta = 8 });
    assertEquals([words, train], [1, 1]);
  }));

Deno.test("run() keeps a long training also after a run of other stages with other settings, and forced does it again", () =>
  withLongTraining(async ({ run }) => {
    const change = ({ irnet }: { irnet: { training: { epochs: number } } }) => void (irnet.training.epochs = 6);
    await run({ change, stages: ["evaluation"] });
    await assertRejects(() => run({ change }), UsageError, "but found others");
    assertEquals((await run({ change, force: true }))["train"], 1);
  }));
