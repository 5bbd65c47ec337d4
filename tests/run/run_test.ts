import { assert, assertEquals, assertRejects } from "../assert.ts";
import { hashOf } from "../../lib/files/hash.ts";
import { stages } from "./toy_pipeline.ts";
import { readManifest } from "../../lib/run/manifest.ts";
import { previewRun } from "../../lib/run/run.ts";
import { InterruptedError, UsageError } from "../../lib/config/usage_error.ts";
import { snapshot, toys, withWorkspace } from "./workspace.ts";

const all = { words: 7, train: 1, pairs: 7, synthesis: 7, evaluation: 1 };
const none = { words: 0, train: 0, pairs: 0, synthesis: 0, evaluation: 0 };

Deno.test("run() does everything once, and nothing when it is run again", async () => {
  await withWorkspace(7, async ({ run, workdir, out }) => {
    assertEquals(await run(), all);
    const first = await snapshot(workdir);
    assertEquals(
      first["synthesis/image_001.txt"],
      `photograph 1 × 1,0.5,1.5,2 of 1 > 0.4 with ${await Deno.readTextFile(out("train/weights.txt"))} ^ 10`,
    );
    assertEquals(await run(), none);
    assertEquals(await snapshot(workdir), first);
    const report = JSON.parse(await Deno.readTextFile(out("run.json")));
    assertEquals(report.stages.map(({ stage, made }: { stage: string; made: number }) => [stage, made]), [
      ...Object.entries(all),
    ]);
    assert(report.stages.every((stage: { peakMemory: number }) => stage.peakMemory > 1e6));
  });
});

Deno.test("run() makes the same files and manifests with one Worker as with three", async () => {
  await withWorkspace(7, async ({ run, workdir, root }) => {
    await run({ change: ({ compute }) => compute.workers = 1 });
    await run({ change: ({ compute }) => compute.workers = 3, workdir: `${root}/three` });
    assertEquals(await snapshot(`${root}/three`), await snapshot(workdir));
  });
});

Deno.test("run() redoes exactly the stages that depend on a changed setting", async () => {
  await withWorkspace(7, async ({ run }) => {
    await run();
    assertEquals(await run({ change: ({ walk }) => walk.beta = 8 }), { ...none, synthesis: 7, evaluation: 1 });
    const threshold = (foreground: number) =>
      run({ change: ({ walk, relation }) => (walk.beta = 8, relation.foreground = foreground) });
    assertEquals(await threshold(0.6), { ...none, pairs: 7, synthesis: 7, evaluation: 1 });
    assertEquals(await threshold(0.6), none);
  });
});

Deno.test("run() redoes everything at another reading size, and nothing where none is set, as before there was one", async () => {
  await withWorkspace(3, async ({ run, out, config }) => {
    await run();
    const settings = JSON.parse((await Deno.readTextFile(out("pairs/manifest.jsonl"))).split("\n")[0]!).settings;
    assertEquals(settings, hashOf(stages.find(({ name }) => name === "pairs")!.settings(config())));
    const at = (longSide: number | null) => run({ change: ({ data }) => data.longSide = longSide });
    const all = await at(500);
    assert(Object.values(all).every((made) => made > 0));
    assertEquals(await at(500), none);
    assertEquals(await at(null), all);
  });
});

Deno.test("run() leaves a stage alone when what it reads was made again and came out the same", async () => {
  await withWorkspace(7, async ({ run }) => {
    await run();
    assertEquals(await run({ stages: ["pairs"], force: true }), { pairs: 7 });
    assertEquals(await run(), none);
  });
});

Deno.test("run() redoes an image whose file was deleted or cut, and what follows from it only where it changed", async () => {
  await withWorkspace(7, async ({ run, out, workdir }) => {
    await run();
    const first = await snapshot(workdir);
    await Deno.remove(out("words/image_002.txt"));
    await Deno.truncate(out("pairs/image_004.b.txt"), 3);
    await Deno.remove(out("train/weights.txt"));
    assertEquals(await run(), { ...none, words: 1, pairs: 1, train: 1 });
    assertEquals(await snapshot(workdir), first);
  });
});

Deno.test("run() notices damage of the same length when it is told to verify", async () => {
  await withWorkspace(7, async ({ run, out, workdir }) => {
    await run();
    const first = await snapshot(workdir);
    const file = await Deno.open(out("pairs/image_004.b.txt"), { write: true });
    await file.write(Uint8Array.of(63));
    file.close();
    assertEquals(await run(), none);
    assertEquals(await run({ verify: true }), { ...none, pairs: 1 });
    assertEquals(await snapshot(workdir), first);
  });
});

Deno.test("run() redoes an image whose photograph or labels changed, not one that was only copied", async () => {
  await withWorkspace(7, async ({ run, data }) => {
    await run();
    await Deno.utime(data("image_001.txt"), 1e9, 1e9);
    assertEquals(await run(), none);
    assertEquals(await run({ verify: true }), none);
    await Deno.writeTextFile(data("image_001.txt"), "another one");
    const labels = JSON.parse(await Deno.readTextFile(data("ids.json")));
    labels.image_005 = [];
    await Deno.writeTextFile(data("ids.json"), JSON.stringify(labels));
    assertEquals(await run(), { words: 2, train: 1, pairs: 2, synthesis: 7, evaluation: 1 });
  });
});

Deno.test("run() takes an image as not done when its line in the manifest is incomplete", async () => {
  await withWorkspace(7, async ({ run, out, workdir }) => {
    await run();
    const first = await snapshot(workdir);
    for (const cut of [1, 2, 60]) {
      const { size } = await Deno.stat(out("words/manifest.jsonl"));
      await Deno.truncate(out("words/manifest.jsonl"), size - cut);
      assertEquals(await run(), { ...none, words: 1 });
      assertEquals(await snapshot(workdir), first);
    }
  });
});

Deno.test("run() tidies the manifest of a stage that was killed between its last image and its end", async () => {
  await withWorkspace(7, async ({ run, out, workdir }) => {
    await run();
    const first = await snapshot(workdir);
    for (const stage of ["words", "train"]) {
      const path = out(`${stage}/manifest.jsonl`), lines = (await Deno.readTextFile(path)).trim().split("\n");
      const begun = { ...JSON.parse(lines[0]!), outputs: null };
      await Deno.writeTextFile(path, [JSON.stringify(begun), ...lines.reverse()].map((line) => `${line}\n`).join(""));
      await Deno.writeTextFile(`${path}.tmp`, lines[0]!.slice(0, 20));
    }
    assertEquals(await run(), none);
    assertEquals(await snapshot(workdir), first);
  });
});

Deno.test("run() with a limit cuts every list, also for trainings and in Workers; without one it does the rest", async () => {
  await withWorkspace(7, async ({ run, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    assertEquals(await run({ limit: 3 }), { words: 3, train: 1, pairs: 3, synthesis: 3, evaluation: 1 });
    assertEquals(await run({ limit: 3 }), none);
    assertEquals([...(await readManifest(`${workdir}/pairs`)).keys()], ["image_000", "image_001", "image_002"]);
    assertEquals(await run(), { ...all, words: 4, pairs: 4 });
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
    assertEquals(await run({ stages: ["words"], limit: 2, force: true }), { words: 2 });
    assertEquals(await run(), none);
  });
});

Deno.test("run() with a limit does not take in another image for one that cannot be read", async () => {
  await withWorkspace(7, async ({ run, data }) => {
    await Deno.writeTextFile(data("image_001.txt"), "broken");
    const made = await run({ limit: 3, onBadImage: "skip" });
    assertEquals(made, { words: 2, train: 1, pairs: 2, synthesis: 2, evaluation: 1 });
  });
});

Deno.test("run() with shards makes what one run makes, and stops at a stage that is not shared out", async () => {
  await withWorkspace(7, async ({ run, config, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    const shard = (index: number) => run({ shard: { index, count: 3 } });
    assertEquals(await Promise.all([shard(0), shard(1), shard(2)]), [{ words: 3 }, { words: 2 }, { words: 2 }]);
    assertEquals((await readManifest(`${workdir}/words`)).size, 7);
    assertEquals(await run({ stages: ["train"] }), { train: 1 });
    assertEquals(await shard(1), { words: 0, pairs: 2, synthesis: 2 });
    assertEquals(await run(), { ...none, pairs: 5, synthesis: 5, evaluation: 1 });
    assertEquals(await run(), none);
    const files = async (folder: string) =>
      Object.entries(await snapshot(folder)).filter(([path]) => !/manifest|run-/.test(path));
    assertEquals(await files(workdir), await files(`${root}/straight`));
    assertEquals(
      (await previewRun(config(), { workdir, module: toys, shard: { index: 2, count: 3 } }))[0],
      "words (Toys): 2 images, all done",
    );
  });
});

Deno.test("run() works on files that another program put in place of a stage's, and notices new ones", async () => {
  await withWorkspace(7, async ({ run, out }) => {
    await Deno.mkdir(out("words"), { recursive: true });
    for (let i = 0; i < 7; i++) await Deno.writeTextFile(out(`words/image_00${i}.txt`), `from elsewhere ${i}`);
    const stages = ["train", "pairs", "synthesis", "evaluation"];
    const { words: _, ...allOfThem } = all, { words: __, ...noneOfThem } = none;
    assertEquals(await run({ stages }), allOfThem);
    assertEquals(await run({ stages }), noneOfThem);
    await Deno.writeTextFile(out("words/image_003.txt"), "something new");
    assertEquals(await run({ stages: ["pairs"] }), { pairs: 1 });
  });
});

Deno.test("run() names the stage to run first where its files are missing", async () => {
  await withWorkspace(7, async ({ run }) => {
    await assertRejects(() => run({ stages: ["pairs"] }), Error, "run the stage words first");
    await assertRejects(() => run({ stages: ["pairs"] }), Error, "pairs, image image_00");
  });
});

Deno.test("run() ends with the stage and the image that failed, and keeps what was done", async () => {
  await withWorkspace(7, async ({ run, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    Deno.env.set("TOY_FAILS_AT", "image_004");
    try {
      await assertRejects(() => run(), Error, "words, image image_004: Expected luck at words");
      assertEquals((await readManifest(`${workdir}/words`)).size, 4);
      Deno.env.delete("TOY_FAILS_AT");
      await run({ stages: ["words"] });
      Deno.env.set("TOY_FAILS_AT", "image_004");
      await assertRejects(() => run({ stages: ["pairs"] }), Error, "pairs, image image_004: Expected luck at pairs");
      await assertRejects(() => run({ stages: ["pairs"], onBadImage: "skip" }), Error, "image_004");
    } finally {
      Deno.env.delete("TOY_FAILS_AT");
    }
    await run();
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
  });
});

Deno.test("run() names an unreadable photograph, or leaves it out of every stage and says so", async () => {
  await withWorkspace(7, async ({ run, data, out }) => {
    await Deno.writeTextFile(data("image_002.txt"), "broken");
    await assertRejects(() => run(), Error, "words, image image_002: Expected an image in");
    await assertRejects(() => run(), Error, "--on-bad-image skip leaves such images out");
    let shown = "";
    const progress = { terminal: false, write: (text: string) => void (shown += text) };
    const made = await run({ onBadImage: "skip", progress });
    assertEquals(made, { words: 4, train: 1, pairs: 6, synthesis: 6, evaluation: 1 });
    assert(shown.includes("words: left out image_002, which cannot be read: Expected an image in"), shown);
    const line = JSON.parse(await Deno.readTextFile(out("quarantine.jsonl")));
    assertEquals([line.id, line.error], ["image_002", `Expected an image in ${data("image_002.txt")}`]);
    assertEquals(await run({ onBadImage: "skip" }), none);
    await Deno.writeTextFile(data("image_002.txt"), "mended");
    assertEquals(await run({ onBadImage: "skip" }), { words: 1, train: 1, pairs: 1, synthesis: 7, evaluation: 1 });
  });
});

Deno.test("run() leaves out the photographs that a training cannot read, and trains without them", async () => {
  await withWorkspace(7, async ({ run, data, out }) => {
    await run({ stages: ["words"] });
    await Deno.writeTextFile(data("image_003.txt"), "broken");
    await assertRejects(() => run({ stages: ["train"] }), Error, "train: Expected an image in");
    assertEquals(await run({ stages: ["train"], onBadImage: "skip" }), { train: 1 });
    assertEquals(JSON.parse(await Deno.readTextFile(out("quarantine.jsonl"))).id, "image_003");
  });
});

Deno.test("run() continues a training from its checkpoint, but not from one of other settings", async () => {
  await withWorkspace(7, async ({ run, out, workdir, root }) => {
    await run({ workdir: `${root}/straight`, stages: ["words", "train"] });
    const stopAfter = async (steps: number, epochs: number) => {
      const controller = new AbortController();
      let last = 0;
      const progress = {
        terminal: true,
        now: () => last += 1000,
        write: (text: string) => {
          if (text.includes(`${steps}/`)) controller.abort(new InterruptedError("stop"));
        },
      };
      const options = { stages: ["words", "train"], progress, signal: controller.signal };
      await assertRejects(
        () => run({ ...options, change: ({ irnet }) => irnet.training.epochs = epochs }),
        InterruptedError,
      );
      return JSON.parse(await Deno.readTextFile(out("train/state.json"))).step;
    };
    await run({ stages: ["words"] });
    assertEquals(await stopAfter(8, 30), 6);
    assertEquals(await stopAfter(5, 12), 3); // begins again at 0
    assertEquals(await run({ stages: ["words", "train"] }), { words: 0, train: 1 });
    const steps = (await Deno.readTextFile(out("train/log.jsonl"))).trim().split("\n").map((line) =>
      JSON.parse(line).step
    );
    assertEquals(steps, Array.from({ length: 12 }, (_, i) => i)); // steps 3 and 4 were logged twice, and are there once
    assertEquals(await snapshot(`${workdir}/train`), await snapshot(`${root}/straight/train`));
  });
});

Deno.test("run() goes on with a forced run that was interrupted, without force", async () => {
  await withWorkspace(7, async ({ run }) => {
    await run();
    Deno.env.set("TOY_FAILS_AT", "image_004");
    await assertRejects(() => run({ stages: ["words"], force: true })).finally(() => Deno.env.delete("TOY_FAILS_AT"));
    assertEquals(await run({ stages: ["words"] }), { words: 3 });
    assertEquals(await run(), none);
  });
});

Deno.test("run() refuses unknown stages, and those that the configuration does not ask for", async () => {
  await withWorkspace(1, async ({ run, out }) => {
    await assertRejects(() => run({ stages: ["word"] }), UsageError, "found word; the nearest is words");
    const change = ({ evaluation }: { evaluation: { pictures: number } }) => evaluation.pictures = 0;
    await assertRejects(() => run({ stages: ["extra"], change }), UsageError, "asks for the stage extra");
    assertEquals(await run({ stages: ["extra"] }), { extra: 1 });
    assertEquals(await Deno.readTextFile(out("extra/extra.txt")), "extra");
  });
});

Deno.test("previewRun() says what is to be done and why, and changes nothing", async () => {
  await withWorkspace(7, async ({ run, config, workdir, out }) => {
    const preview = (change?: Parameters<typeof config>[0]) => previewRun(config(change), { workdir, module: toys });
    assertEquals(await preview(), [
      "words (Toys): 7 images, 7 to do (7 new)",
      "train (Toys): new",
      "pairs (Toys): 7 images, 7 to do (7 new)",
      "synthesis (Toys): 7 images, 7 to do (7 new)",
      "evaluation (Toys): new",
    ]);
    await assertRejects(() => Deno.stat(workdir), Deno.errors.NotFound);
    await run();
    await Deno.remove(out("pairs/image_000.a.txt"));
    const before = await snapshot(workdir);
    assertEquals(await preview(({ irnet }) => irnet.training.epochs = 2), [
      "words (Toys): 7 images, all done",
      "train (Toys): other settings",
      "pairs (Toys): 7 images, 1 to do (1 files missing or damaged)",
      "synthesis (Toys): 7 images, 7 to do (7 other inputs)",
      "evaluation (Toys): other inputs",
    ]);
    assertEquals(await snapshot(workdir), before);
  });
});

Deno.test("run() and previewRun() name what images may not be good for, and run() ends where that is all but in a trial", async () => {
  await withWorkspace(2, async ({ run, config, workdir, data, out }) => {
    const lines: string[] = [], progress = { terminal: false, write: (text: string) => void lines.push(text) };
    const preview = () => previewRun(config(), { workdir, module: toys });
    const label = (labels: Record<string, number[]>) =>
      Deno.writeTextFile(data("ids.json"), JSON.stringify({ image_000: [], image_001: [], ...labels }));

    await label({ image_000: [1] });
    assertEquals((await preview()).slice(-2), ["", "train: b is rare"]);
    await run({ progress });
    assert(lines.includes("train: b is rare\n"), lines.join(""));
    assert(!(await preview()).includes("train: b is rare"), "it is done");

    await label({});
    assertEquals((await preview()).slice(-2), ["", "train: nothing is shown"]);
    await assertRejects(() => run(), Error, "train: nothing is shown");
    assertEquals(await run({ limit: 2, progress }), { words: 0, train: 1, pairs: 1, synthesis: 2, evaluation: 1 });
    assert(lines.includes("train: nothing is shown\n"), lines.join(""));
    assert(await Deno.readTextFile(out("train/weights.txt")));
  });
});
