import process from "node:process";
import { parseArgs } from "node:util";

/** A mistake in the command line: the command ends with code 2, before any work. */
export class UsageError extends Error {}

/** Flags that all downloads have. */
export interface DownloadFlags {
  /** Where results go. */
  readonly out?: string | undefined;
  /** Addresses instead of the registry's. */
  readonly mirror?: string[] | undefined;
  /** File or folder that is there already. */
  readonly from?: string | undefined;
  /** Another registry. */
  readonly registry?: string | undefined;
}

const OPTIONS = {
  out: { type: "string" },
  mirror: { type: "string", multiple: true },
  from: { type: "string" },
  registry: { type: "string" },
  sbd: { type: "string" },
  augmented: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** What the flags say that all downloads have. */
export const COMMON_HELP =
  `  --from PATH      what is there already, the file or a folder that holds it; no network is used
  --mirror URL     where to download from instead: the file, or a folder with it (may be repeated)
  --registry FILE  addresses, sizes and checksums, instead of data/registry.json`;

/** Values of the flags that a command knows. */
export type FlagValues = DownloadFlags & { sbd?: string | undefined; augmented?: boolean | undefined };

/**
 * Runs a command: prints its help where that is asked for, and what went wrong; the process ends with code 2 after a
 * wrong command line, with 1 after another failure.
 */
export async function runCommand(
  { help, flags, positionals = 0 }: { help: string; flags: readonly (keyof FlagValues)[]; positionals?: number },
  run: (values: FlagValues, positionals: string[]) => Promise<void>,
): Promise<void> {
  try {
    const options = Object.fromEntries(Object.entries(OPTIONS).filter(([name]) => [...flags, "help"].includes(name)));
    const parsed = orUsage(() => parseArgs({ options: options as typeof OPTIONS, allowPositionals: positionals > 0 }));
    if (parsed.values.help) return console.log(help);
    if (parsed.positionals.length !== positionals) {
      throw new UsageError(`Expected ${positionals} names but found ${parsed.positionals.length}\n\n${help}`);
    }
    await run(parsed.values, parsed.positionals);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
}

function orUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
