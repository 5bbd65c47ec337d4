/**
 * The command line: parses it, checks the configuration, and only then loads what is heavy.
 * @module
 */
import { closestString } from "@std/text/closest-string";
import { Arguments, defined, describeFlags, folderOfUser, parseFlags } from "../config/flags.ts";
import { InterruptedError, UsageError } from "../config/usage_error.ts";
import { userPath } from "../config/user_path.ts";
import { VERSION } from "../config/version.ts";
import type { Command, Invocation, Permissions } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { STAGES } from "./run_stages.ts";

/** Tells the process that does the work where the relative paths of its arguments start. */
const FOLDER = "IRNET_FOLDER";

/** Options of {@linkcode main}. */
export interface MainOptions {
  /** Address of a module with other stages. */
  readonly module?: string;
  /** Names of the stages among these that judge results. */
  readonly evaluationStages?: readonly string[];
  /** Does the work in a process of its own, with the permissions that it needs and no others. */
  readonly confine?: boolean;
}

/** An answer to a command line, and the exit code. */
export interface Answer {
  /** Text to print, or the error to show; to the standard error where the code is not 0. */
  readonly text: string | Error;
  /** Exit code. */
  readonly code: number;
}

/**
 * Runs a command.
 *
 * @param args The command line.
 * @param options Which stages there are.
 * @returns The exit code: 0, 1 for errors, 2 for mistakes in the command line or configuration, 130 after an interrupt.
 */
export async function main(args: readonly string[], options: MainOptions = {}): Promise<number> {
  const answer = answerAtOnce(args);
  if (answer) return say(answer);
  try {
    return await execute(args, options);
  } catch (error) {
    return say(failure(error, args));
  }
}

/** Prints an answer. Returns its exit code. */
export function say({ text, code }: Answer): number {
  if (code === 0) console.log(text);
  else console.error(text);
  return code;
}

/**
 * Answers what needs nothing but the commands' own tables: help, version, and mistakes in the command line.
 *
 * @param args The command line.
 * @returns The answer; `null` where there is work to do.
 */
export function answerAtOnce(args: readonly string[]): Answer | null {
  try {
    const { name, command, given } = parse(args);
    if (given.has("version")) return { text: `irnet ${VERSION}, deno ${Deno.version.deno}`, code: 0 };
    if (!given.has("help")) return null;
    if (name === null) return { text: overview(), code: 0 };
    return command.details ? null : { text: helpOn(name), code: 0 };
  } catch (error) {
    return failure(error, args);
  }
}

function failure(error: unknown, args: readonly string[]): Answer {
  const text = args.includes("--debug") ? error as Error : (error as Error).message;
  return { text, code: error instanceof UsageError ? 2 : error instanceof InterruptedError ? 130 : 1 };
}

/** Help on all commands. */
function overview(): string {
  const lines = Object.entries(COMMANDS).map(([name, { help }]) => `  ${name.padEnd(17)} ${help}`);
  return [
    "IRNet: instance and semantic masks from image-level class names.",
    `\nCommands\n${lines.join("\n")}`,
    `\nFlags of run\n${describeFlags(COMMANDS["run"]!.flags)}`,
    "\n<command> --help shows the flags of another command; config --help all settings; stage --help all stages.",
  ].join("\n");
}

/** Help on a command, but for its details. */
function helpOn(name: string): string {
  const { usage, help, flags } = COMMANDS[name]!;
  return `${name} ${usage}\n\n${help}\n\nFlags\n${describeFlags(flags)}`;
}

/** The command, its name where it was given, and its arguments, relative paths among them from a folder. */
function parse(args: readonly string[], folder?: string): { name: string | null; command: Command; given: Arguments } {
  const [first] = args, isNamed = first !== undefined && first !== "help" && !first.startsWith("-");
  const name = isNamed ? first : "run";
  if (!Object.hasOwn(COMMANDS, name)) {
    const names = Object.keys(COMMANDS), nearest = closestString(name, names);
    throw new UsageError(`Expected a command among ${names.join(", ")} but found ${name}; the nearest is ${nearest}`);
  }
  const command = COMMANDS[name]!, { flags, argument } = command;
  const parsed = parseFlags(first === "help" ? ["--help"] : isNamed ? args.slice(1) : args, flags, folder);
  const given = command.isPath
    ? new Arguments(flags, parsed.values, parsed.positionals.map((path) => userPath(path, folder)))
    : parsed;
  if (!given.has("help") && !given.has("version")) {
    const { positionals } = given, allowed = argument === undefined ? 0 : 1;
    if (positionals.length < allowed) throw new UsageError(`Expected ${argument} but found none`);
    if (positionals.length > allowed) {
      throw new UsageError(`Expected no argument ${positionals[allowed]} after ${name}`);
    }
  }
  return { name: isNamed ? name : null, command, given };
}

async function execute(
  args: readonly string[],
  { confine = false, module = STAGES, evaluationStages = ["measure", "evaluation"] }: MainOptions,
): Promise<number> {
  const folder = folderOfUser(confine ? "INIT_CWD" : FOLDER);
  const { name, command, given } = parse(args, folder);
  const isConfined = confine && command.permissions !== undefined;
  const runAgain = async (permissions: Permissions) => {
    const { permissionFlags, runConfined } = await import("./confine.ts");
    return await runConfined(args, permissionFlags(permissions, given), { [FOLDER]: folder ?? "" });
  };
  if (given.has("help")) {
    if (isConfined) return await runAgain({});
    return say({ text: `${helpOn(name!)}\n\n${await command.details!(module)}`, code: 0 });
  }
  const { changeConfig, loadConfig } = await import("../config/load_config.ts");
  const preset = command.preset ? command.preset(given) : given.value("preset"), settings = settingsOf(given);
  const config = command.start
    ? changeConfig(await command.start(given), { settings, folder })
    : loadConfig({ ...defined({ preset, file: given.value("config") }), settings, folder });
  const workdir = given.value("workdir") ?? config.workdir ?? `out/${config.preset}`;
  const invocation: Invocation = { given, config, workdir, module, evaluationStages };
  if (isConfined) return await runAgain(command.permissions!(invocation));
  const text = await command.run(invocation);
  if (text !== undefined) console.log(text);
  return 0;
}

/** Settings that the flags stand for: those of `--set`, then those that other flags are short for. */
function settingsOf({ flags, values }: Arguments): [key: string, text: string][] {
  const settings = (values.get("set") ?? []).map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`Expected --set key=value but found ${text}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  for (const [name, { sets = [] }] of Object.entries(flags)) {
    const text = values.get(name)?.[0], ofFile = name === "classes" && values.has("truth"); // of that file, not of the data
    if (text !== undefined && !ofFile) {
      sets.forEach((key) => settings.push([key, ["sweep", "powers"].includes(name) ? expandRange(text) : text]));
    }
  }
  return settings;
}

/** `from:to:step` → a list; anything else stays. */
function expandRange(text: string): string {
  const [from, to, step, ...more] = text.split(":").map(Number);
  if (step === undefined || more.length > 0 || !(step > 0)) return text;
  const count = Math.round((to! - from!) / step) + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number((from! + i * step).toFixed(6))).join();
}

if (import.meta.main) Deno.exit(await main(Deno.args));
