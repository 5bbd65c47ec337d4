/** Whole runs on a disk that is full, or must not be written. Needs the right to mount; elsewhere it is left out. */
import { assert, assertEquals } from "../assert.ts";
import { lacks } from "../needs.ts";
import { differences } from "../end_to_end/comparison.ts";
import type { Workspace } from "../end_to_end/workspace.ts";
import { makeReduced } from "./reduced.ts";

const mayMount = await tried(async () => {
  const folder = await Deno.makeTempDir();
  await mount(folder, "size=64k");
  await shell("umount", folder);
  await Deno.remove(folder);
});
const ignore = lacks("mount", mayMount);

let workspace: Workspace;
if (mayMount) {
  Deno.test.beforeAll(async () => {
    workspace = await makeReduced();
  });
  Deno.test.afterAll(() => workspace.remove());
}

Deno.test({
  name: "run on a full disk names the file, leaves nothing unfinished, and goes on when there is room",
  ignore,
  fn: async () => {
    const workdir = workspace.path("full");
    await Deno.mkdir(workdir);
    await mount(workdir, "size=1536k");
    try {
      const full = await workspace.command("run", { workdir: "full" });
      const message = full.stderr.trim().split("\n").at(-1)!;
      assertEquals(full.code, 1, full.stderr);
      assert(message.includes("No space left on device") && message.includes(`${workdir}/`), message);
      assertEquals((await filesIn(workdir)).filter((path) => /\.tmp$|\/lock$/.test(path)), [], message);

      await shell("mount", "-o", "remount,size=64m", workdir);
      const { code, stderr } = await workspace.command("run", { workdir: "full" });
      assertEquals(code, 0, stderr);
      assertEquals(await differences(workdir, workspace.path("unbroken")), [], message);
    } finally {
      await shell("umount", workdir);
    }
  },
});

Deno.test({
  name: "run in a folder that must not be written ends at once and names it",
  ignore,
  fn: async () => {
    const workdir = workspace.path("sealed");
    await Deno.mkdir(workdir);
    await mount(workdir, "size=1536k,ro");
    try {
      const { code, stderr } = await workspace.command("run", { workdir: "sealed" });
      assertEquals([code, stderr.trim().split("\n").length], [1, 1], stderr);
      assert(stderr.includes("Read-only file system") && stderr.includes(`${workdir}/`), stderr);
    } finally {
      await shell("umount", workdir);
    }
  },
});

async function mount(folder: string, options: string): Promise<void> {
  await shell("mount", "-t", "tmpfs", "-o", options, "none", folder);
}

async function shell(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stderr: "piped" }).output();
  if (!success) {
    throw new Error(`Expected ${command} ${args.join(" ")} to end well: ${new TextDecoder().decode(stderr)}`);
  }
}

async function tried(work: () => Promise<void>): Promise<boolean> {
  return await work().then(() => true, () => false);
}

async function filesIn(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) paths.push(...await filesIn(`${folder}/${name}`));
    else paths.push(`${folder}/${name}`);
  }
  return paths;
}
