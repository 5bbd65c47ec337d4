/** Flags: their parser, and programs that are no more than a function with flags. */
import { closestString } from "@std/text/closest-string";
import { UsageError } from "./usage_error.ts";
import { userPath } from "./user_path.ts";

/** A flag. */
export interface Flag {
  /** Name of the value that follows it; absent: none does. */
  readonly value?: string;
  /** Purpose, for the help. */
  readonly help: string;
  /** Value where it is not given. */
  readonly default?: string;
  /** May be given several times. */
  readonly repeats?: true;
  /** Settings that it is short for. */
  readonly sets?: readonly string[];
  /** Its value is a path that the command reads, that it writes, or that it may use as it says itself. */
  readonly path?: "reads" | "writes" | "uses";
}

/** Flags by name. */
export type Flags = Readonly<Record<string, Flag>>;

/** First values of the flags that were given; `""` for one without a value. */
export type FlagValues<F extends Flags> = Readonly<Partial<Record<keyof F, string>>>;

/** Arguments of a command, parsed. */
export class Arguments {
  /**
   * @param flags All flags of the command.
   * @param values Values of those that were given.
   * @param positionals What is no flag.
   */
  constructor(
    readonly flags: Flags,
    readonly values: ReadonlyMap<string, readonly string[]>,
    readonly positionals: readonly string[],
  ) {}

  /** A flag was given. */
  has(flag: string): boolean {
    return this.values.has(flag);
  }

  /** Value of a flag, or its default. */
  value(flag: string): string | undefined {
    return this.values.get(flag)?.[0] ?? this.flags[flag]?.default;
  }

  /** Value of a flag as words between commas. */
  words(flag: string): string[] | undefined {
    return this.value(flag)?.split(",").map((word) => word.trim());
  }

  /** Value of a flag as a whole number of at least 1. @throws UsageError if it is none. */
  count(flag: string): number | undefined {
    const text = this.value(flag);
    if (text !== undefined && !/^[1-9]\d*$/.test(text)) {
      throw new UsageError(`Expected a whole number of at least 1 for --${flag} but found ${text}`);
    }
    return text === undefined ? undefined : Number(text);
  }

  /** Value of a flag as one of a few words. @throws UsageError naming them, and the nearest. */
  choice<const T extends string>(flag: string, choices: readonly T[]): T {
    const text = this.value(flag)!;
    if ((choices as readonly string[]).includes(text)) return text as T;
    const isPair = choices.length === 2, hint = isPair ? "" : `; the nearest is ${closestString(text, choices)}`;
    throw new UsageError(`Expected --${flag} ${choices.join(isPair ? " or " : ", ")} but found ${text}${hint}`);
  }
}

/**
 * Parses `--flag value`, `--flag=value` and `--flag`.
 * @param args The command line.
 * @param flags All flags there are.
 * @param folder Where relative paths start, as of `userPath()`.
 * @throws UsageError for an unknown flag, naming the nearest one, and for missing, superfluous or repeated values.
 */
export function parseFlags(args: readonly string[], flags: Flags, folder?: string): Arguments {
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
    values.set(name!, [...given, flag.path ? userPath(value, folder) : value]);
  }
  return new Arguments(flags, values, positionals);
}

/**
 * Folder in which the user called `deno task`, which works in that of the project; `undefined` where it is the same.
 *
 * @param variable The variable of the environment that names it.
 */
export function folderOfUser(variable = "INIT_CWD"): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  const folder = state === "granted" ? Deno.env.get(variable) : undefined;
  return folder === Deno.cwd() ? undefined : folder;
}

/** An object without the properties whose value is undefined. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
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
  run: (values: FlagValues<F>, parsed: Arguments) => Promise<void>,
): Promise<void> {
  const known = { ...flags, help: { help: "show this text" } };
  const text = `${help}\n\nFlags\n${describeFlags(known)}`;
  try {
    const parsed = parseFlags(Deno.args, known, folderOfUser());
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
