/** Paths as users write them, in arguments and in files of a configuration. */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { merge } from "./merge.ts";
import type { Config } from "./schema.ts";
import { pathsIn } from "./settings.ts";

/**
 * A path as its user means it: `~` is the home folder, and a relative path starts in a folder.
 *
 * @param path The path as it was written.
 * @param folder Where relative paths start; absent: in that of the process.
 * @returns The path: as it was written where it is absolute or starts in the folder of the process, else as one would
 * write it there, so that the same file has the same path however it was named.
 */
export function userPath(path: string, folder = ""): string {
  if (/^~($|[\\/])/.test(path)) return join(Deno.env.get("HOME") ?? "~", path.slice(1));
  return folder === "" || folder === "." || isAbsolute(path) ? path : pathIn(".", join(folder, path));
}

/** A path as one writes it in a folder: from there, or whole where it does not lie there or below. */
export function pathIn(folder: string, path: string): string {
  const whole = resolve(path), from = relative(resolve(folder), whole);
  return from === "" ? "." : /^\.\.([\\/]|$)/.test(from) || isAbsolute(from) ? whole : from;
}

/** A path as a configuration names it: from beside its file within the project, and for what lies below it; else whole. */
export function pathBeside(out: string, path: string): string {
  const isWithin = [out, path].every((one) => !isAbsolute(pathIn(".", one)));
  return isWithin ? relative(dirname(out), path) || "." : pathIn(dirname(out), path);
}

/**
 * Changes the paths in any part of a configuration; what is no path stays, and so do names of lists.
 *
 * @param partial Settings.
 * @param change A path → another one.
 * @returns The settings.
 */
export function mapPaths<T>(partial: T, change: (path: string) => string): T {
  let changed: unknown = partial;
  for (const { key, path, schema } of pathsIn(partial as Config)) {
    if (schema.isList && !/\.txt$|^[.~]|[\\/].*\./.test(path)) continue; // a name, though with a dot or a slash
    changed = merge(changed, key.split(".").reduceRight<unknown>((value, part) => ({ [part]: value }), change(path)));
  }
  return changed as T;
}
