/** What the README files name is there: files, tasks, commands, flags, stages, settings, rooms. */
import { COMMANDS } from "../lib/command_line/commands.ts";
import { completeConfig, loadConfig } from "../lib/config/load_config.ts";
import { schemaOf } from "../lib/config/settings.ts";
import { stages } from "../lib/stages/mod.ts";
import { assert, assertEquals } from "./assert.ts";

const root = new URL("../", import.meta.url);
const { tasks }: { tasks: Record<string, { command: string }> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

interface Readme {
  /** Path below the project. */
  readonly path: string;
  readonly text: string;
  /** Blocks of code by language. */
  readonly blocks: { language: string; code: string }[];
  /** Code within lines. */
  readonly spans: string[];
}

const readmes = await Array.fromAsync(
  paths("", ["data", "lib", "notebooks", "tests"]),
  async (path): Promise<Readme> => {
    const text = await Deno.readTextFile(new URL(path, root));
    const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, code]) => ({
      language: language!,
      code: code!.replaceAll(/\\\n */g, ""),
    }));
    const prose = text.replaceAll(/^```.*?^```$/gms, "");
    return {
      path,
      text,
      blocks,
      spans: [...prose.matchAll(/`([^`]+)`/g)].map(([, span]) => span!.replaceAll("\n", " ")),
    };
  },
);

async function* paths(folder: string, below?: readonly string[]): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (name === "README.md") yield `${folder}${name}`;
    if (isDirectory && (below?.includes(name) ?? true)) yield* paths(`${folder}${name}/`);
  }
}

/** Lines that a reader may type, and code within lines. */
const shellLines = readmes.flatMap(({ path, blocks, spans }) =>
  [...blocks.flatMap(({ language, code }) => language === "sh" ? code.split("\n") : []), ...spans]
    .map((line) => ({ path, line: line.replace(/ # .*/, "") }))
);

/** Invocations of a task, or of a command of `mod.ts`, and what follows its name. */
const invocations = shellLines.flatMap(({ path, line }) => {
  const [, program, name, rest] = /\b(deno task|mod\.ts) ([a-z]\S*)(.*)/.exec(line) ?? [];
  return program ? [{ path, line, isTask: program === "deno task", name: name!, rest: rest! }] : [];
});

/** Flags of a command. */
const flagsOfCommand = (command: string) => Object.keys(COMMANDS[command]!.flags);

/** Flags of a task: those of its command, or those in the help of its program. */
async function flagsOfTask(task: string): Promise<string[]> {
  const [, script, name] = /((?:lib|tests)\/\S+\.ts)(?: (\S+))?/.exec(tasks[task]!.command) ?? [];
  if (script?.endsWith("/confined.ts")) return flagsOfCommand(name!);
  if (!script || !(await Deno.readTextFile(new URL(script, root))).includes("runScript(")) return [];
  const help = await new Deno.Command(Deno.execPath(), { args: ["run", "-A", script, "--help"], cwd: root }).output();
  return [...new TextDecoder().decode(help.stdout).matchAll(/^ +--([a-z-]+)/gm)].map(([, flag]) => flag!);
}

const flagsOfTasks = Object.fromEntries(
  await Promise.all(Object.keys(tasks).map(async (task) => [task, await flagsOfTask(task)] as const)),
);

const namedFlags = (text: string) => [...text.matchAll(/(?:^|\s)--([a-z-]+)/g)].map(([, flag]) => flag!);

Deno.test("README.md is read in five minutes", () => {
  const lines = readmes.find(({ path }) => path === "README.md")!.text.split("\n").length - 1;
  assert(lines <= 180, `Expected at most 180 lines but found ${lines}`);
});

Deno.test("links of all README files lead somewhere", async () => {
  const slugs = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
      title!.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-")
    );
  for (const { path, text } of readmes) {
    const prose = text.replaceAll(/^```.*?^```$/gms, "");
    for (const [, link] of prose.matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const [file, anchor] = link!.split("#") as [string, string?];
      const target = file === "" ? new URL(path, root) : new URL(file, new URL(path, root));
      const info = await Deno.stat(target).catch(() => null);
      assert(info, `Expected the link ${link} in ${path} to lead somewhere`);
      if (anchor === undefined) continue;
      const found = slugs(await Deno.readTextFile(info.isDirectory ? new URL("README.md", `${target}/`) : target));
      assert(
        found.includes(anchor),
        `Expected a title #${anchor} for ${link} in ${path} but found ${found.join(", ")}`,
      );
    }
  }
});

Deno.test("tasks and commands that README files name exist, with the flags named there", () => {
  assert(invocations.length > 50);
  for (const { path, line, isTask, name, rest } of invocations) {
    const kind = isTask ? "task" : "command";
    assert(Object.hasOwn(isTask ? tasks : COMMANDS, name), `Expected a ${kind} in ${path} but found: ${line}`);
    const flags = isTask ? flagsOfTasks[name]! : flagsOfCommand(name);
    for (const flag of namedFlags(rest)) {
      assert(flags.includes(flag), `Expected --${flag} to be a flag in ${path}: ${line}`);
    }
    const stage = name === "stage" ? /^ ([a-z]\w*)/.exec(rest)?.[1] : undefined;
    assert(stage === undefined || stages.some(({ name }) => name === stage), `Expected a stage in ${path}: ${line}`);
  }
});

Deno.test("flags that README files name alone are flags of a command or a task", () => {
  const all = Object.values(flagsOfTasks).flat();
  for (const { path, spans } of readmes) {
    for (const span of spans) {
      const [found, name] = /^(?:([a-z][a-z:-]*) )?--[a-z]/.exec(span) ?? [];
      if (!found || span.startsWith("--allow-")) continue;
      const flags = name === undefined ? all : name in COMMANDS ? flagsOfCommand(name) : flagsOfTasks[name];
      if (!flags) continue; // another program's
      for (const flag of namedFlags(span)) {
        assert(flags.includes(flag), `Expected --${flag} to be a flag in ${path}: ${span}`);
      }
    }
  }
});

Deno.test("README files name every task and every command", () => {
  const spans = new Set(readmes.flatMap(({ spans }) => spans));
  for (const { name } of invocations) spans.add(name);
  assertEquals([...Object.keys(tasks), ...Object.keys(COMMANDS)].filter((name) => !spans.has(name)), []);
});

Deno.test("settings that README files name are keys of the configuration, with values that they may have", () => {
  const groups = Object.keys(loadConfig({}));
  const keyOf = (text: string) => /^(\w+)(?:\.\w+)+(?==|$)/.exec(text);
  for (const { path, spans, blocks } of readmes) {
    for (const span of spans) {
      const key = keyOf(span);
      if (key && groups.includes(key[1]!)) assert(schemaOf(key[0].split(".")), `Expected a key in ${path}: ${span}`);
    }
    const texts = [...spans, ...blocks.flatMap(({ language, code }) => language === "sh" ? [code] : [])];
    for (const [, key, text] of texts.flatMap((text) => [...text.matchAll(/--set (\w[\w.]*)=([^\s`]+)/g)])) {
      if (key === "key" || text === "…") continue;
      loadConfig({ preset: "lite", settings: [[key!, text!]] });
    }
    for (const { language, code } of blocks) {
      const value = language === "json" ? JSON.parse(code) : {};
      if (Object.keys(value).some((key) => groups.includes(key))) completeConfig(value);
    }
  }
});

Deno.test("README.md has a line for every room", async () => {
  const { text } = readmes.find(({ path }) => path === "README.md")!;
  const map = text.slice(text.indexOf("## Rooms")), rooms: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL("lib", root))) if (isDirectory) rooms.push(name);
  const named = [...map.matchAll(/^\| `(\w+)`/gm)].map(([, room]) => room!);
  assertEquals(named.sort(), rooms.sort());
});

Deno.test("variables of the environment that README files name are read somewhere", async () => {
  const sources: string[] = [];
  const collect = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
      if (isDirectory) await collect(`${folder}${name}/`);
      else if (name.endsWith(".ts")) sources.push(await Deno.readTextFile(new URL(`${folder}${name}`, root)));
    }
  };
  for (const folder of ["lib/", "tests/"]) await collect(folder);
  for (const { path, text } of readmes) {
    for (const [name] of text.matchAll(/\bIRNET_[A-Z_]*[A-Z]/g)) {
      assert(
        sources.some((source) => source.includes(`"${name}"`)),
        `Expected a variable in ${path} but found ${name}`,
      );
    }
  }
});
