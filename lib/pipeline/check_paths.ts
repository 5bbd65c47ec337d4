import { type Config, presets } from "../config.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Checks that the files and folders exist which a configuration names, before anything heavy is loaded.
 *
 * @param config The configuration.
 * @throws UsageError naming the key and the path of the first one that does not.
 */
export function checkPaths({ data, backbone }: Config): void {
  if (data.root === null) {
    throw new UsageError("Expected a folder with images for data.root but found null; give --voc-root");
  }
  const hint = data.root === presets.sample.data.root ? "; deno task demo makes it" : "";
  if (!statOrNull(data.root)?.isDirectory) {
    throw new UsageError(`Expected a folder with images for data.root but found none at ${data.root}${hint}`);
  }
  const files = { "data.labels": data.labels, "backbone.weights": backbone.weights };
  for (const [key, path] of Object.entries(files)) {
    if (path !== null && !statOrNull(path)?.isFile) {
      throw new UsageError(`Expected a file for ${key} but found none at ${path}`);
    }
  }
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch {
    return null;
  }
}
