/** Whole runs on real pixels that are killed again and again. */
import { assert, assertEquals } from "../assert.ts";
import { random } from "../../lib/data/mod.ts";
import { differences } from "../end_to_end/comparison.ts";
import type { Workspace } from "../end_to_end/workspace.ts";
import { extent } from "./extent.ts";
import { makeReduced, traces } from "./reduced.ts";

let workspace: Workspace, total: number;

Deno.test.beforeAll(async () => {
  workspace = await makeReduced();
  total = await traces(workspace.path("unbroken"));
});
Deno.test.afterAll(() => workspace.remove());

for (let run = 0; run < extent.runs; run++) {
  Deno.test(`run killed ${extent.kills} times at random moments leaves the same bytes, run ${run + 1}`, async () => {
    const draw = random(run, "kills"), workdir = `killed ${run}`;
    const stages: string[] = [];
    for (let kill = 0; kill < extent.kills; kill++) {
      const moment = (kill + draw()) / extent.kills * total, delay = 800 * draw() ** 3; // most stages are short
      const stage = await killedAt({ workdir, moment, delay });
      if (stage !== null) stages.push(stage);
    }
    const { code, stderr } = await workspace.command("run", { workdir });
    assertEquals(code, 0, stderr);
    assertEquals(await differences(workspace.path(workdir), workspace.path("unbroken")), [], `killed in ${stages}`);
    assert(stages.length > extent.kills / 2, `Expected ${extent.kills} kills but it were ${stages}`);
    console.log(`${stages.length} kills: ${stages.join(" ")}`);
    await Deno.remove(workspace.path(workdir), { recursive: true });
  });
}

/**
 * Starts or continues a run and kills it when there is a number of traces of it, and then some milliseconds have passed.
 * @returns The stage it was at, or `null` where the run came to its end before.
 */
async function killedAt(
  { workdir, moment, delay }: { workdir: string; moment: number; delay: number },
): Promise<string | null> {
  const child = workspace.start("run", { workdir });
  let isOver = false, text = "";
  const reading = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) text += chunk;
  })();
  const ended = Promise.all([child.status, child.stdout.cancel(), reading]).finally(() => isOver = true);
  while (!isOver && (text === "" || await traces(workspace.path(workdir)) < moment)) await pause(5);
  await pause(delay);
  if (!isOver) child.kill("SIGKILL");
  const [{ code }] = await ended;
  if (code === 0) return null;
  assertEquals(code, 137, text);
  return text.trim().split("\n").filter((line) => !/^(Tensors|\w+:) /.test(line)).at(-1)!.split(/[ :]/)[0]!;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
