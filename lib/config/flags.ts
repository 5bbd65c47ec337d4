/** Flags: their parser, and programs that are no more than a function with flags. */
import { closestString } from "@std/text/closest-string";
import { UsageError } from "./usage_error.ts";

/** A flag of a command. */
export interface Flag {
  /** What follows it, such as `folder`; absent: nothing. */
  readonly value?: string;
  /** Purpose, for the help. */
  readonly help: string;
  /** May be given several times. */
  readonly repeats?: true;
}

/** A set of flags by name. */
export type Flags = Readonly<Record<string, Flag>>;

/** First values of the flags that were given; `""` for one without a value. */
export type FlagValues<F extends Flags> = Readonly<Partial<Record<keyof F, string>>>;

/** A command line in parts. */
export interface ParsedArguments {
  /** Everything that is no flag. */
  readonly positionals: readonly string[];
  /** Values of the flags that were given; `""` for one without a value. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/**
 * Parses `--flag value`, `--flag=value` and `--flag`.
 * @throws UsageError for an unknown flag, naming the nearest one, and for missing, superfluous or repeated values.
 */
export function parseFlags(args: readonly string[], flags: Flags): ParsedArguments {
  const positionals: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] === "-h" ? "--help" : args[i]!;
    if (!arg.startsWith("-")) {
      positionals.push(arg);
      continue;
    }
    const [, name, inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(arg)!;
    const flag = Object.hasOwn(flags, name!) && arg.startsWith("--") ? flags[name!] : undefined;
    if (!flag) {
      throw new UsageError(
        `Expected a flag of this command but found ${arg.split("=")[0]}; the nearest is --${
          closestString(name!, Object.keys(flags))
        }`,
      );
    }
    if (!flag.value && inline !== undefined) {
      throw new UsageError(`Expected --${name} without a value but found ${inline}`);
    }
    const value = !flag.value ? "" : inline ?? args[++i];
    if (value === undefined || (inline === undefined && value.startsWith("--"))) {
      throw new UsageError(`Expected <${flag.value}> after --${name} but found ${value ?? "nothing"}`);
    }
    const given = values.get(name!) ?? [];
    if (given.length > 0 && !flag.repeats) {
      throw new UsageError(`Expected --${name} once but found it twice`);
    }
    values.set(name!, [...given, value]);
  }
  return { positionals, values };
}

/** A line of help for each flag. */
export function describeFlags(flags: Flags): string {
  return Object.entries(flags).map(([name, { value, help }]) => {
    const usage = `  --${name}${value ? ` <${value}>` : ""}`;
    return usage.length < 25 ? `${usage.padEnd(25)} ${help}` : `${usage}\n${" ".repeat(26)}${help}`;
  }).join("\n");
}

/**
 * Runs a program that is one function with flags. After a wrong command line the process ends with code 2, after
 * another failure with 1; `--help` shows its help.
 *
 * @param program Its help above that of its flags, the flags, and the number of positional arguments, default 0.
 * @param run Gets the first values of the flags that were given, and the whole command line.
 */
export async function runScript<F extends Flags>(
  { help, flags, positionals = 0 }: { help: string; flags: F; positionals?: number | "any" },
  run: (values: FlagValues<F>, parsed: ParsedArguments) => Promise<void>,
): Promise<void> {
  const known = { ...flags, help: { help: "show this text" } };
  const text = `${help}\n\nFlags\n${describeFlags(known)}`;
  try {
    const parsed = parseFlags(Deno.args, known);
    if (parsed.values.has("help")) return console.log(text);
    if (positionals !== "any" && parsed.positionals.length !== positionals) {
      throw new UsageError(
        `Expected ${positionals || "no"} names but found ${parsed.positionals.join(" ") || "none"}\n\n${text}`,
      );
    }
    const first = Array.from(parsed.values, ([name, values]) => [name, values[0]!]);
    await run(Object.fromEntries(first) as FlagValues<F>, parsed);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
