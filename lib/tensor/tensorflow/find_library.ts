import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** File names of TensorFlow's libraries: the interface, and what it links to. */
export const libraryNames: readonly string[] = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

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
 *
 * @returns Its path, if it is there.
 */
export function findLibrary(): LibraryLocation {
  const named = Deno.env.get("IRNET_LIBTENSORFLOW");
  const place = named ?? libraryFolder;
  const searched = named === undefined ? libraryFolder : `IRNET_LIBTENSORFLOW=${named}`;
  const names = [libraryNames[0]!, "libtensorflow.so.2", "libtensorflow.so", "libtensorflow.2.dylib"];
  const candidates = [place, ...names.map((name) => join(place, name))];
  return { path: candidates.find(isFile) ?? null, searched };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
