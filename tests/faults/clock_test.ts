/** Runs while the clock goes back, or after it was ahead. */
import { assertEquals } from "../assert.ts";
import { snapshot, withWorkspace } from "../run/workspace.ts";

/** Does work while the clock goes back by an hour whenever someone looks at it. */
async function withClockGoingBack<T>(work: () => Promise<T>): Promise<T> {
  const now = Date.now;
  let hours = 0;
  Date.now = () => now() - 3_600_000 * ++hours;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

const none = { words: 0, train: 0, pairs: 0, synthesis: 0, evaluation: 0 };

Deno.test("run while the clock goes back leaves the same files, and nothing to do", async () => {
  await withWorkspace(6, async ({ run, root, workdir }) => {
    await run({ workdir: `${root}/straight` });
    await withClockGoingBack(() => run());
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
    assertEquals(await run(), none);
  });
});

Deno.test("run as shards after the clock went back replaces what was made before", async () => {
  await withWorkspace(6, async ({ run, root, workdir }) => {
    await run({ workdir: `${root}/straight`, change: (config) => config.cam.scales = [2] });
    await run();
    await withClockGoingBack(async () => {
      for (const index of [0, 1]) {
        await run({ shard: { index, count: 2 }, stages: ["words"], change: (config) => config.cam.scales = [2] });
      }
    });
    assertEquals((await run({ change: (config) => config.cam.scales = [2] })).words, 0);
    const words = async (folder: string) =>
      Object.fromEntries(Object.entries(await snapshot(folder)).filter(([path]) => /^words\/.*\.txt$/.test(path)));
    assertEquals(await words(workdir), await words(`${root}/straight`));
  });
});

Deno.test("run takes photographs and results that come from the future", async () => {
  await withWorkspace(3, async ({ run, data, out, root, workdir }) => {
    const future = 4e9;
    await Deno.utime(data("image_001.txt"), future, future);
    await run();
    await Deno.utime(out("words/image_001.txt"), future, future);
    assertEquals(await run(), none);
    await Deno.utime(data("image_001.txt"), 1e9, 1e9);
    assertEquals(await run({ workdir: `${root}/straight` }), {
      words: 3,
      train: 1,
      pairs: 3,
      synthesis: 3,
      evaluation: 1,
    });
    assertEquals(await run(), none);
    assertEquals(
      (await snapshot(workdir))["evaluation/tables/metrics.json"],
      (await snapshot(`${root}/straight`))["evaluation/tables/metrics.json"],
    );
  });
});
