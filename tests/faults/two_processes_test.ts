/** Two processes at one working directory. */
import { assert, assertEquals } from "../assert.ts";
import { snapshot, toySettings, withWorkspace } from "../run/workspace.ts";

const main = new URL("../run/toy_main.ts", import.meta.url).pathname;
const settings = Object.entries({ ...toySettings, "compute.workers": 2 });

function start(data: string, workdir: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--quiet", main, "run", "--preset", "sample"],
      ...settings.flatMap(([key, value]) => ["--set", `${key}=${value}`]),
      ...["--voc-root", data, "--workdir", workdir],
    ],
    env: { TOY_PAUSE: "80" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

const ended = async (child: Deno.ChildProcess) => {
  const { code, stderr } = await child.output();
  return { code, stderr: new TextDecoder().decode(stderr).trim() };
};

Deno.test("of two processes that are started at once one works, the other names it, and results are whole", async () => {
  await withWorkspace(8, async ({ run, data, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    const children = [start(data("."), workdir), start(data("."), workdir)];
    const ends = await Promise.all(children.map(ended));
    const winner = ends.findIndex(({ code }) => code === 0), loser = ends[1 - winner]!;
    assertEquals(ends.map(({ code }) => code).sort(), [0, 1], JSON.stringify(ends));
    const message = loser.stderr.split("\n").at(-1)!;
    assert(
      message.startsWith(`Expected to be alone at this stage but process ${children[winner]!.pid} on `) &&
        new RegExp(`\\(${workdir}/\\w+/lock; remove it if that process is gone\\)$`).test(message),
      message,
    );
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
  });
});

Deno.test("a process takes over the lock of one that was killed", async () => {
  await withWorkspace(8, async ({ run, data, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    const first = start(data("."), workdir);
    while (!await Deno.stat(`${workdir}/words/lock`).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    first.kill("SIGKILL");
    assertEquals((await ended(first)).code, 137);
    assert((await Deno.stat(`${workdir}/words/lock`)).isFile);
    await run();
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
  });
});
