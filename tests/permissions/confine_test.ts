/** Commands as their tasks start them: with the permissions that they need, and no others. */
import { assert, assertEquals } from "../assert.ts";
import { presets } from "../../lib/config/config.ts";
import type { Config } from "../../lib/config/config.ts";
import { parseFlags } from "../../lib/config/flags.ts";
import { COMMANDS } from "../../lib/command_line/commands.ts";
import { permissionFlags } from "../../lib/command_line/confine.ts";
import { makeReduced } from "../faults/reduced.ts";
import { differences } from "../end_to_end/comparison.ts";
import type { Workspace } from "../end_to_end/workspace.ts";

const root = new URL("../../", import.meta.url).pathname;
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(`${root}/deno.json`),
);

let workspace: Workspace;

Deno.test.beforeAll(async () => {
  workspace = await makeReduced();
});
Deno.test.afterAll(() => workspace.remove());

/** Flags of Deno that a command is started with. */
function flagsOf(
  command: string,
  { args = [], config = presets.paper, workdir = "" }: { args?: string[]; config?: Config; workdir?: string },
): string[] {
  const { flags, permissions } = COMMANDS[command]!, given = parseFlags(args, flags);
  return permissionFlags(permissions!({ given, config, workdir, module: "", evaluationStages: [] }), given);
}

/** Words of a task's command as its shell passes them on. */
const wordsOf = (name: string) => tasks[name]!.command.split(" ").map((word) => word.replaceAll("'", ""));

/** Runs a task with exactly the permissions that deno.json gives it; `deno task` adds the arguments in the same way. */
async function task(name: string, args: readonly string[], env: Record<string, string> = {}) {
  const [program, ...words] = wordsOf(name);
  assertEquals(program, "deno");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [words[0]!, "--no-prompt", ...words.slice(1), ...args],
    cwd: root,
    env,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("the task pipeline makes, behind a link and a comma, what a run with all permissions makes, and export and evaluate work on it", async () => {
  await Deno.mkdir(workspace.path("disk"));
  await Deno.symlink(workspace.path("disk"), workspace.path("a,link"));
  const workdir = workspace.path("a,link/confined");
  const common = ["--config", workspace.path("config.json"), "--workdir", workdir];
  const { code, stderr } = await task("pipeline", common);
  assertEquals(code, 0, stderr);
  assertEquals(await differences(workdir, workspace.path("unbroken")), []);

  const exported = await task("export", [...common, "--out", workspace.path("instances.json")]);
  assertEquals(exported.code, 0, exported.stderr);
  assert(JSON.parse(await Deno.readTextFile(workspace.path("instances.json"))).images.length > 0);
  const evaluated = await task("evaluate", common);
  assertEquals(evaluated.code, 0, evaluated.stderr);
  assert(/^class +AP of names /m.test(evaluated.stdout), evaluated.stdout);
});

Deno.test("a dry run of the task pipeline expects times from what a run beside it has measured", async () => {
  const { code, stdout, stderr } = await task("pipeline", [
    ...["--config", workspace.path("config.json"), "--workdir", workspace.path("later"), "--dry-run"],
  ]);
  assertEquals(code, 0, stderr);
  assert(/^relation .*unbroken$/m.test(stdout), stdout);
  assert(!stdout.includes("not measured"), stdout);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`the task pipeline ends with 130 on ${signal}, with a checkpoint and without a lock`, async () => {
    const workdir = workspace.path(signal), [, ...words] = wordsOf("pipeline");
    const args = ["--config", workspace.path("config.json"), "--workdir", workdir];
    const child = new Deno.Command(Deno.execPath(), {
      args: [...words, ...args, "--set", "backbone.pretraining.epochs=100000"],
      cwd: root,
      stdout: "null",
      stderr: "piped",
    }).spawn();
    while (!await Deno.stat(`${workdir}/backbone_train/log.jsonl`).then(() => true, () => false)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill(signal);
    const { code, stderr } = await child.output();
    const message = new TextDecoder().decode(stderr);
    assertEquals(code, 130, message);
    assert(message.trimEnd().endsWith("Interrupted; the same command goes on from here"), message);
    const names = (await Array.fromAsync(Deno.readDir(`${workdir}/backbone_train`))).map(({ name }) => name).sort();
    assertEquals(names, ["log.jsonl", "manifest.jsonl", "state.safetensors"]);
  });
}

Deno.test("the task init writes the configuration and the list beside it, and nothing else", async () => {
  await Deno.mkdir(workspace.path("mine"));
  for (const n of [1, 2, 3]) {
    const name = `train_000${n}.png`;
    await Deno.copyFile(workspace.path(`data/JPEGImages/${name}`), workspace.path(`mine/${name}`));
  }
  await Deno.writeTextFile(
    workspace.path("mine/labels.json"),
    JSON.stringify({ train_0001: ["cat"], train_0002: ["dog"] }),
  );
  const { code, stderr } = await task("init", [workspace.path("mine")]);
  assertEquals(code, 0, stderr);
  const names = (await Array.fromAsync(Deno.readDir(workspace.path("mine")))).map(({ name }) => name).sort();
  assertEquals(names.filter((name) => !name.startsWith("train_")), ["irnet.all.txt", "irnet.json", "labels.json"]);
});

Deno.test("a task passes on exit codes and messages", async () => {
  const help = await task("stage", ["--help"]);
  assertEquals(help.code, 0, help.stderr);
  assert(/^ {2}mask_rcnn_truth /m.test(help.stdout), help.stdout);
  const wrong = await task("pipeline", ["--set", "walk.betta=8"]);
  assertEquals([wrong.code, wrong.stdout], [2, ""]);
  assert(wrong.stderr.includes("the nearest is walk.beta"), wrong.stderr);
  const missing = await task("pipeline", ["--voc-root", workspace.path("nowhere")]);
  assertEquals(missing.code, 2, missing.stderr);
});

for (const [permission, lacking] of [["read", "data"], ["write", "denied"]] as const) {
  Deno.test(`run that lacks the permission to ${permission} names path and flag, and leaves nothing`, async () => {
    const data = workspace.path("data"), workdir = workspace.path("denied");
    const granted = flagsOf("run", {
      args: ["--config", workspace.path("config.json")],
      config: { ...presets.sample, data: { ...presets.sample.data, root: data } },
      workdir,
    });
    const path = workspace.path(lacking);
    const flags = granted.map((flag) =>
      flag.startsWith(`--allow-${permission}=`) ? flag.replaceAll(path, `${root}nowhere`) : flag
    );
    assert(flags.some((flag, i) => flag !== granted[i]));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--quiet", ...flags, "lib/command_line/main.ts", "run"],
        ...["--config", workspace.path("config.json"), "--workdir", workdir],
      ],
      cwd: root,
    }).output();
    const message = new TextDecoder().decode(stderr).trim().split("\n").at(-1)!;
    assertEquals(code, 1, message);
    assert(message.includes(`Requires ${permission} access to "${path}`), message);
    assert(message.includes(`--allow-${permission}`), message);
    if (permission === "write") assert(!await Deno.stat(workdir).then(() => true, () => false));
  });
}

Deno.test("relative paths of a task start where it was called, ~ is the home folder", async () => {
  const { code, stdout, stderr } = await task("pipeline", [
    ...["--config=~/config.json", "--workdir", "unbroken", "--dry-run"],
  ], { INIT_CWD: workspace.path("."), HOME: workspace.path(".") });
  assertEquals(code, 0, stderr);
  assert(/^cam .*all done$/m.test(stdout), stdout);
});

Deno.test("paths in /dev are refused, also behind links", async () => {
  await Deno.symlink("/dev", workspace.path("dev"));
  for (const workdir of ["/dev/shm/irnet", workspace.path("dev/shm/irnet")]) {
    const { code, stderr } = await task("pipeline", ["--config", workspace.path("config.json"), "--workdir", workdir]);
    assertEquals(code, 2, stderr);
    assert(stderr.includes("Expected paths outside /dev") && stderr.includes("deno run -A mod.ts"), stderr);
  }
});

Deno.test("permissions of a command name what it reads and writes", () => {
  const flags = (command: string, options: Parameters<typeof flagsOf>[1]): Record<string, string[]> =>
    Object.fromEntries(
      flagsOf(command, options).map((flag) => {
        const [, name, values = ""] = /^--allow-(\w+)(?:=(.*))?$/.exec(flag)!;
        return [name, values.split(",")];
      }),
    );
  const config = structuredClone(presets.sample);
  config.data.root = "/data/a,b/c,d";
  config.data.inferList = "/lists/some.txt";
  config.backbone.weights = "weights.safetensors";
  const { read, write, ffi, net, run, env } = flags("run", { config, workdir: "/results" });
  assertEquals(write, ["/results"]);
  for (const path of ["/data", "/lists/some.txt", "weights.safetensors", "/results"]) {
    assert(read!.includes(path), `${path} in ${read}`);
  }
  assert(!read!.includes("train"), `${read}`);
  assert(ffi!.length > 0 && ffi!.every((path) => path.includes("node_modules")), `${ffi}`);
  assertEquals([net, run], [undefined, undefined]);
  assert(env!.length < 12 && !env!.includes(""), `${env}`);

  assertEquals(flags("submit-slurm", { config, workdir: "/results" })["run"], ["bash"]);
  assertEquals(flags("init", { args: ["/photos"] })["write"], [
    ...[
      "/photos/irnet.json",
      "/photos/irnet.all.txt",
      "/photos/irnet.train.txt",
      "/photos/irnet.val.txt",
      "/photos/irnet.left_out.txt",
    ],
  ]);
  const demo = flags("demo", { config: presets.sample, workdir: "out/sample" })["write"]!;
  assert(demo.every((path) => path.startsWith("out/sample")), `${demo}`);
});
