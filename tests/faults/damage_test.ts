/** Files of a finished run that are cut off or have a wrong bit: found, made again, and all is as before. */
import { assert, assertEquals } from "../assert.ts";
import { random } from "../../lib/data/mod.ts";
import { differences } from "../end_to_end/comparison.ts";
import type { Workspace } from "../end_to_end/workspace.ts";
import { extent } from "./extent.ts";
import { makeReduced } from "./reduced.ts";

let workspace: Workspace;

Deno.test.beforeAll(async () => {
  workspace = await makeReduced();
});
Deno.test.afterAll(() => workspace.remove());

/** A file of each kind in each stage: `stage/*.kind`. */
async function victims(workdir: string, draw: () => number): Promise<string[]> {
  const kinds = new Map<string, string[]>();
  for await (const { name: stage, isDirectory } of Deno.readDir(workdir)) {
    if (!isDirectory) continue;
    for await (const { name, isFile } of Deno.readDir(`${workdir}/${stage}`)) {
      const kind = /\.(npz|png|safetensors|json|html)$|^manifest\.jsonl$/.exec(name)?.[0];
      if (isFile && kind) kinds.set(`${stage} ${kind}`, [...kinds.get(`${stage} ${kind}`) ?? [], `${stage}/${name}`]);
    }
  }
  return [...kinds.entries()].sort().map(([, paths]) => paths.sort()[Math.floor(draw() * paths.length)]!);
}

async function damage(path: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await Deno.writeFile(path, change(await Deno.readFile(path)));
}

for (let round = 0; round < extent.rounds; round++) {
  Deno.test(`run finds files that are cut off, in each stage and of each kind, round ${round + 1}`, async () => {
    const draw = random(round, "cut"), workdir = `cut ${round}`, path = workspace.path(workdir);
    await workspace.copy("unbroken", workdir);
    // A checkpoint that nothing needs any more is only looked at with --verify.
    const files = (await victims(path, draw)).filter((file) => !file.includes("state."));
    assert(files.length > 15, `${files}`);
    for (const file of files) {
      await damage(`${path}/${file}`, (bytes) => bytes.slice(0, Math.floor(draw() * bytes.length)));
    }
    const { code, stderr } = await workspace.command("run", { workdir });
    assertEquals(code, 0, stderr);
    assertEquals(await differences(path, workspace.path("unbroken")), [], `${files}`);
    await Deno.remove(path, { recursive: true });
  });

  Deno.test(`run --verify finds files with a wrong bit, in each stage and of each kind, round ${round + 1}`, async () => {
    const draw = random(round, "bit"), workdir = `bit ${round}`, path = workspace.path(workdir);
    await workspace.copy("unbroken", workdir);
    const files = await victims(path, draw);
    for (const file of files) {
      await damage(`${path}/${file}`, (bytes) => {
        const lines = file.endsWith(".jsonl") ? new TextDecoder().decode(bytes) : "";
        let at: number;
        do at = Math.floor(draw() * bytes.length); while (isTime(lines, at));
        bytes[at]! ^= 1 << Math.floor(8 * draw());
        return bytes;
      });
    }
    const { code, stderr } = await workspace.command("run", { workdir, args: ["--verify"] });
    assertEquals(code, 0, stderr);
    assertEquals(await differences(path, workspace.path("unbroken")), [], `${files}`);
    await Deno.remove(path, { recursive: true });
  });
}

/** Whether a character is within the times of a record, which may be anything. */
function isTime(lines: string, at: number): boolean {
  return [...lines.matchAll(/(?<="(?:seconds|time)":)[\d.e+-]+/g)]
    .some(({ 0: { length }, index }) => at >= index && at < index + length);
}

Deno.test("run in the middle of a training begins it again when its checkpoint is damaged", async () => {
  await workspace.copy("unbroken", "checkpoint");
  const path = workspace.path("checkpoint/irnet_train");
  const undone = async (name: string) => {
    const lines = (await Deno.readTextFile(`${path}/${name}`)).trim().split("\n");
    const { check: _, photographs: __, checkpoints: ___, ...record } = JSON.parse(lines.at(-1)!);
    await Deno.writeTextFile(`${path}/${name}`, `${JSON.stringify({ ...record, outputs: null })}\n`);
  };
  for (const at of [20, 0.5, 0.99]) {
    await undone("manifest.jsonl");
    await damage(`${path}/state.safetensors`, (bytes) => {
      bytes[at < 1 ? Math.floor(at * bytes.length) : at]! ^= 4;
      return bytes;
    });
    const { code, stderr } = await workspace.command("run", { workdir: "checkpoint" });
    assertEquals(code, 0, stderr);
    assertEquals(await differences(workspace.path("checkpoint"), workspace.path("unbroken")), [], stderr);
  }
});

Deno.test("run does without logs, reports of runs and a quarantine that are damaged", async () => {
  await workspace.copy("unbroken", "notes");
  const garbage = ['{"stages": 3, "backend": {}}', "null", '{"stages": [null, {"stage": 1}]}', "\0\x01{"];
  for (const text of garbage) {
    await Deno.writeTextFile(workspace.path("notes/run.json"), text);
    await Deno.writeTextFile(workspace.path("notes/cam_train/log.jsonl"), `${text}\n[]\n{"step": "x"}\n`);
    await Deno.writeTextFile(workspace.path("notes/quarantine.jsonl"), `${text}\n`);
    const args = ["--stages", "evaluation", "--force", "--on-bad-image", "skip"];
    const { code, stderr } = await workspace.command("run", { workdir: "notes", args });
    assertEquals(code, 0, `${text}: ${stderr}`);
  }
  await Deno.remove(workspace.path("notes/quarantine.jsonl"));
  const files = (await differences(workspace.path("notes"), workspace.path("unbroken")))
    .filter((path) => !path.startsWith("evaluation/")); // the report shows the curve of the log
  assertEquals(files, []);
});
