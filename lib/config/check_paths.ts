import { type Config, presets } from "./config.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Checks that the files and folders exist which a configuration names, before anything heavy is loaded.
 *
 * @param config The configuration.
 * @throws UsageError naming the key and the path of the first one that does not.
 */
export function checkPaths({ data, backbone, cam, irnet }: Config): void {
  if (data.root === null) {
    throw new UsageError("Expected a folder with images for data.root but found null; give --voc-root");
  }
  const hint = data.root === presets.sample.data.root ? "; deno task demo makes it" : "";
  if (!statOrNull(data.root)?.isDirectory) {
    throw new UsageError(`Expected a folder with images for data.root but found none at ${data.root}${hint}`);
  }
  if (data.labels !== null && !statOrNull(data.labels)) {
    throw new UsageError(`Expected a file or folder for data.labels but found none at ${data.labels}`);
  }
  const files = { "backbone.weights": backbone.weights, "cam.weights": cam.weights, "irnet.weights": irnet.weights };
  for (const [key, path] of Object.entries(files)) {
    if (path !== null && !statOrNull(path)?.isFile) {
      throw new UsageError(`Expected a file for ${key} but found none at ${path}`);
    }
  }
  if (cam.from !== null && !statOrNull(cam.from)?.isDirectory) {
    throw new UsageError(`Expected a folder with class attention maps for cam.from but found none at ${cam.from}`);
  }
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error; // no permission: the message names path and flag
  }
}
