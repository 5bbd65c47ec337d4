/** A process dies, or the disk is full, at each operation on files that a run of the toy pipeline makes. */
import { assert, assertEquals } from "../assert.ts";
import { snapshot, toySettings, withWorkspace } from "../run/workspace.ts";
import { extent } from "./extent.ts";
import { sabotage } from "./sabotage.ts";

const program = new URL("./sabotaged_toys.ts", import.meta.url).pathname;
const settings = Object.entries({ ...toySettings, "compute.workers": 2 });

/** Operations of a whole run, and those at which something goes wrong. */
async function operations(run: () => Promise<unknown>): Promise<number[]> {
  const stop = sabotage({ at: -1, kind: "kill" });
  await run();
  const count = stop();
  assert(count > 100, `${count} operations`);
  return Array.from({ length: count }, (_, i) => i).filter((i) => i % extent.stride === extent.stride >> 1);
}

Deno.test("run that dies at any operation on files, in the middle of a write, leaves the same bytes", async () => {
  await withWorkspace(4, async ({ run, root, data }) => {
    const straight = `${root}/straight`;
    const turns = await operations(() => run({ workdir: straight }));
    for (const turn of turns) {
      const workdir = `${root}/killed ${turn}`;
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", "--quiet", program, String(turn), "run", "--preset", "sample"],
          ...settings.flatMap(([key, value]) => ["--set", `${key}=${value}`]),
          ...["--voc-root", data("."), "--workdir", workdir],
        ],
      }).output();
      // Workers that end in another order save the manifests some operations.
      const isOver = code === 0 && turn > 0.9 * turns.length * extent.stride;
      assert(code === 137 || isOver, `${turn}: ${new TextDecoder().decode(stderr)}`);
      await run({ workdir });
      assertEquals(await snapshot(workdir), await snapshot(straight), `killed at operation ${turn}`);
    }
    console.log(`killed at ${turns.length} operations`);
  });
});

Deno.test("run whose disk is full from any operation on says so with a path, and goes on later", async () => {
  await withWorkspace(4, async ({ run, root }) => {
    const straight = `${root}/straight`;
    const turns = await operations(() => run({ workdir: straight }));
    for (const turn of turns) {
      const workdir = `${root}/full ${turn}`;
      const stop = sabotage({ at: turn, kind: "full" });
      const message = await run({ workdir }).then(() => null, (error) => (error as Error).message);
      stop();
      if (message !== null) {
        assert(message.includes(workdir) && message.includes("No space left on device"), `${turn}: ${message}`);
      }
      const left = Object.keys(await snapshot(workdir).catch(() => ({})));
      assertEquals(left.filter((path) => /\.tmp$|lock/.test(path)), [], `${turn}: ${message}`);
      await run({ workdir });
      assertEquals(await snapshot(workdir), await snapshot(straight), `full at operation ${turn}`);
    }
    console.log(`full from ${turns.length} operations on`);
  });
});
