/** What the tasks may do. */
import { assert, assertEquals } from "../assert.ts";
import { COMMANDS } from "../../lib/command_line/commands.ts";

const root = new URL("../../", import.meta.url);
const { tasks }: { tasks: Record<string, { description: string; command: string }> } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);

/** Programs that a task starts, with the permissions each of them has. */
function programsOf(command: string): { program: string; permissions: string[] }[] {
  const parts = command.replaceAll("'", "").split("&&").map((part) =>
    part.trim().split(/\s+/).filter((word) => !/^\w+=/.test(word))
  );
  return parts.filter(([first]) => first === "deno").map((words) => ({
    program: words.slice(1).filter((word) => !word.startsWith("-")).join(" "),
    permissions: words.filter((word) => /^(-A|--allow-)/.test(word)),
  }));
}

const all = Object.entries(tasks).flatMap(([task, { command }]) =>
  programsOf(command).map((program) => ({ task, ...program }))
);

const tasksWith = (
  pattern: RegExp,
) => [
  ...new Set(all.filter(({ permissions }) => permissions.some((flag) => pattern.test(flag))).map(({ task }) => task)),
];

Deno.test("only downloads may use a network, and only tests and benchmarks may do everything", () => {
  assertEquals(tasksWith(/^--allow-net/).filter((task) => !/^(data|weights):/.test(task)), []);
  assertEquals(tasksWith(/^(-A|--allow-all)$/).sort(), ["bench", "bench:gpu", "faults", "test"]);
});

Deno.test("tasks that start programs name them, but for those that start Deno itself", () => {
  for (const { task, program, permissions } of all) {
    const run = permissions.find((flag) => flag.startsWith("--allow-run"));
    if (run === undefined) continue;
    const startsDeno = /confined\.ts|check_docs\.ts/.test(program);
    assert(
      startsDeno ? run === "--allow-run" : /^--allow-run=(python3|jupyter|jupyter,git)$/.test(run),
      `${task}: ${run}`,
    );
  }
});

Deno.test("no task may load native code from anywhere, or write anywhere unless the user names the place", () => {
  assertEquals(tasksWith(/^--allow-ffi$/), []);
  const placesOfUsers = /^(sample|data:|weights:|notebook)/; // --out names the folder
  assertEquals(tasksWith(/^--allow-write$/).filter((task) => !placesOfUsers.test(task)), []);
});

Deno.test("every task of the command line starts it confined", () => {
  assertEquals(
    all.filter(({ program }) => /\bmod\.ts\b|command_line\.ts/.test(program) && program.startsWith("run")),
    [],
  );
  const started = all.map(({ program }) => /confined\.ts (.*)$/.exec(program)?.[1]).filter((name) =>
    name !== undefined
  );
  // `run --dry-run` does as `dry-run`, and `config` touches nothing.
  const commands = Object.keys(COMMANDS).filter((name) => !["dry-run", "config"].includes(name));
  assertEquals(started.toSorted(), commands.toSorted());
});

Deno.test("the README says what every task may do", async () => {
  const readme = await Deno.readTextFile(new URL("lib/command_line/README.md", root));
  const section = readme.slice(readme.indexOf("\n## Permissions\n"));
  for (const task of Object.keys(tasks)) {
    const [kind] = task.split(":");
    assert(
      new RegExp(`\`${kind}(:[^\`]*)?\``).test(section),
      `Expected ${task} in the section Permissions of lib/command_line/README.md`,
    );
  }
});
