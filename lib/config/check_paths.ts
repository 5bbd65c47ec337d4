import { presets } from "./config.ts";
import type { Config } from "./schema.ts";
import { pathsIn, settings, valueOf } from "./settings.ts";
import type { Dataset } from "../data/dataset.ts";
import { isFile, isFolder } from "../files/disk.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Checks that the files and folders exist which a configuration names, before anything heavy is loaded.
 *
 * @param config The configuration.
 * @throws UsageError naming the key and the path of the first one that does not.
 */
export function checkPaths(config: Config): void {
  if (config.data.root === null) {
    throw new UsageError("Expected a folder with images for data.root but found null; give --voc-root");
  }
  for (const { key, path, schema } of pathsIn(config)) {
    if (schema.isList || schema.isMade || isThere(path, schema.path!)) continue;
    const hint = key === "data.root" && path === presets.sample.data.root ? "; deno task demo makes it" : "";
    throw new UsageError(`Expected a ${schema.path} for ${key} but found none at ${path}${hint}`);
  }
}

function isThere(path: string, what: string): boolean {
  return what === "file or folder"
    ? isFile(path) || isFolder(path)
    : what.startsWith("file")
    ? isFile(path)
    : isFolder(path);
}

/** Bytes of an id, to which a file's name adds five at most, as `.json`; file systems take 255. */
const LONGEST_ID = 250;

/**
 * Checks that the data set has all lists which a whole run needs, or a comparison besides, before a training that takes
 * hours finds out.
 *
 * @param dataset The data set.
 * @param options The configuration, and the group of it whose lists count.
 * @throws UsageError naming the key of the first list that is missing or empty, or holds an id without image or labels.
 */
export function checkLists(
  dataset: Dataset,
  { config, group }: { config: Config; group: "data" | "downstream" },
): void {
  for (const { key, schema } of settings) {
    const name = valueOf(config, key);
    if (!schema.isList || !key.startsWith(`${group}.`) || typeof name !== "string") continue;
    try {
      const long = dataset.list(name).find((id) => new TextEncoder().encode(id).length > LONGEST_ID);
      if (long) throw new Error(`Expected ids of at most ${LONGEST_ID} bytes, for files bear them, but found ${long}`);
    } catch (error) {
      throw new UsageError(`${key}: ${(error as Error).message}`, { cause: error });
    }
  }
}
