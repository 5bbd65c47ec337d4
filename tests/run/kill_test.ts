import { assert, assertEquals } from "../assert.ts";
import { snapshot, toySettings, withWorkspace } from "./workspace.ts";

const main = new URL("./toy_main.ts", import.meta.url).pathname;
const settings = Object.entries({ ...toySettings, "compute.workers": 2 });
const common = ["--preset", "sample", ...settings.flatMap(([key, value]) => ["--set", `${key}=${value}`])];

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", main, "run", ...common, ...args],
    env: { TOY_PAUSE: "20" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Starts a run and sends it a signal after some time, unless it ends before. */
async function startAndSend(args: string[], signal: Deno.Signal, milliseconds: number) {
  const child = start(args);
  const timer = setTimeout(() => child.kill(signal), milliseconds);
  const { code, stderr } = await child.output();
  clearTimeout(timer);
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("main() killed at any moment and started again leaves the same bytes as a run in one go", async () => {
  await withWorkspace(9, async ({ run, data, workdir, root }) => {
    await run({ workdir: `${root}/straight` });
    const args = ["--voc-root", data("."), "--workdir", workdir];
    let kills = 0, milliseconds = 150;
    for (; kills < 40; kills++) {
      const { code, stderr } = await startAndSend(args, "SIGKILL", milliseconds);
      if (code === 0) break;
      assertEquals(code, 137, stderr);
      milliseconds *= 1.15; // at ever later moments, so that every run gets further
    }
    assert(kills >= 3, `Expected to kill at least 3 runs but it were ${kills}`);
    assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
  });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`main() ends with 130 on ${signal}, without leaving a lock, and goes on when it is started again`, async () => {
    await withWorkspace(9, async ({ run, data, workdir, root }) => {
      await run({ workdir: `${root}/straight` });
      const args = ["--voc-root", data("."), "--workdir", workdir];
      const child = start([...args, "--set", "irnet.training.epochs=3000"]); // never ends by itself
      while (!await Deno.stat(`${workdir}/train/log.jsonl`).then(() => true, () => false)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      child.kill(signal);
      const { code, stderr } = await child.output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(code, 130, text);
      assert(text.includes("Interrupted; the same command goes on from here"), text);
      await run();
      assertEquals(await snapshot(workdir), await snapshot(`${root}/straight`));
    });
  });
}
