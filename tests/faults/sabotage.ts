/** Counts the operations that change files and lets one of them go wrong. */

/** Which operation goes wrong, counted from 0. */
export interface Sabotage {
  readonly at: number;
  /** `kill`: the process dies there, with half of a write done; `full`: from there on nothing can be written. */
  readonly kind: "kill" | "full";
}

// deno-lint-ignore no-explicit-any
type Operation = (this: unknown, ...args: any[]) => any;

/** Operations by name, and where they write bytes, the position of these among the arguments. */
const FUNCTIONS = { rename: null, remove: null, mkdir: null, truncate: null, writeTextFile: 1, open: null } as const;
const METHODS = { write: 0, writeSync: 0, syncData: null, truncateSync: null } as const;

/**
 * Replaces Deno's operations on files, in this process, until the function that it returns is called; that gives the
 * number of operations.
 */
export function sabotage({ at, kind }: Sabotage): () => number {
  let count = 0;
  const restore: (() => void)[] = [];
  const replace = (target: Record<string, Operation>, name: string, bytes: number | null) => {
    const original = target[name]!;
    target[name] = function (...args) {
      if (name === "open" && !args[1]?.write && !args[1]?.append) return original.apply(this, args);
      const turn = count++;
      if (kind === "kill" && turn === at) {
        if (bytes !== null) {
          args[bytes] = args[bytes].slice(0, args[bytes].length / 2);
          if (name === "writeTextFile") Deno.writeTextFileSync(args[0], args[1], args[2]);
          else Deno.FsFile.prototype.writeSync.call(this as Deno.FsFile, args[0]);
        }
        Deno.kill(Deno.pid, "SIGKILL");
      }
      const takesRoom = name !== "remove" && name !== "rename" && !name.startsWith("truncate");
      if (kind === "full" && turn >= at && takesRoom) {
        const place = name in FUNCTIONS ? `: ${name} '${args[0]}'` : ""; // Deno tells it there, not for open files
        throw new Error(`No space left on device (os error 28)${place}`);
      }
      return original.apply(this, args);
    };
    restore.push(() => target[name] = original);
  };
  for (const [name, bytes] of Object.entries(FUNCTIONS)) {
    replace(Deno as unknown as Record<string, Operation>, name, bytes);
  }
  for (const [name, bytes] of Object.entries(METHODS)) {
    replace(Deno.FsFile.prototype as unknown as Record<string, Operation>, name, bytes);
  }
  return () => {
    for (const undo of restore) undo();
    return count;
  };
}
