import { assert, assertEquals, assertRejects } from "../assert.ts";
import { takeLock } from "../../lib/run/lock.ts";
import { snapshot, withWorkspace } from "../run/workspace.ts";

Deno.test("run as a whole after shards leaves the files of a run without shards", async () => {
  await withWorkspace(10, async ({ run, root, workdir, out }) => {
    await run({ workdir: `${root}/straight` });
    for (const stage of ["words", "pairs", "synthesis"]) {
      for (const index of [2, 0, 1]) await run({ stages: [stage], shard: { index, count: 3 } });
      await Deno.writeTextFile(out(`${stage}/.image_004.txt.shard-1of3.tmp`), "of a killed shard");
      if (stage === "words") await run({ stages: ["words", "train"] });
    }
    assertEquals(await run(), { words: 0, train: 0, pairs: 0, synthesis: 0, evaluation: 1 });
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
    const { stages } = JSON.parse(await Deno.readTextFile(out("run.json")));
    assertEquals(stages.map((report: { made: number }) => report.made), [10, 1, 10, 10, 1]);
  });
});

Deno.test("run as a whole does what a lost shard has left, and a shard that comes late has nothing to do", async () => {
  await withWorkspace(10, async ({ run, root, workdir }) => {
    await run({ workdir: `${root}/straight` });
    for (const index of [0, 2]) await run({ stages: ["words"], shard: { index, count: 3 } });
    assertEquals(await run(), { words: 3, train: 1, pairs: 10, synthesis: 10, evaluation: 1 });
    for (const index of [0, 1, 2]) {
      assertEquals(await run({ stages: ["pairs"], shard: { index, count: 3 } }), { pairs: 0 });
    }
    await run();
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
  });
});

Deno.test("run as a whole does not gather a shard that is being worked on", async () => {
  await withWorkspace(4, async ({ run, out }) => {
    await run({ stages: ["words"], shard: { index: 1, count: 2 } });
    const unlock = await takeLock(out("words"), { index: 1, count: 2 });
    await assertRejects(() => run({ stages: ["words"] }), Error, "Expected to be alone at this stage");
    await unlock();
    assertEquals(await run({ stages: ["words"] }), { words: 2 });
    const files = [...Deno.readDirSync(out("words"))].map(({ name }) => name);
    assert(!files.some((name) => name.includes("of2")), files.join());
  });
});
