import { join } from "node:path";
import { fileURLToPath } from "node:url";

const suffix = Deno.build.os === "darwin" ? "2.dylib" : "so.2";

/** File names that TensorFlow's C interface comes under: in its wheels, and in its releases for C. */
export const interfaceNames: readonly string[] = [`libtensorflow_cc.${suffix}`, `libtensorflow.${suffix}`];

/** File name of what the interface links to. */
export const frameworkName: string = `libtensorflow_framework.${suffix}`;

/** Folder that `deno task setup:tensorflow` fills. */
export const libraryFolder: string = fileURLToPath(new URL("../../../.cache/libtensorflow", import.meta.url));

/** Where TensorFlow's library is. */
export interface LibraryLocation {
  /** Absolute or relative path, or `null` where there is none. */
  readonly path: string | null;
  /** Where it was looked for, in words. */
  readonly searched: string;
}

/**
 * Looks for TensorFlow's library: in the file or folder that IRNET_LIBTENSORFLOW names, else in the cache folder of
 * the project.
 */
export function findLibrary(): LibraryLocation {
  const named = Deno.env.get("IRNET_LIBTENSORFLOW");
  const place = named ?? libraryFolder;
  const searched = named === undefined ? libraryFolder : `IRNET_LIBTENSORFLOW=${named}`;
  const candidates = [place, ...interfaceNames.map((name) => join(place, name))];
  return { path: candidates.find(isFile) ?? null, searched };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
