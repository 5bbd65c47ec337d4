import { isBookkeeping } from "../run/inputs.ts";

/**
 * What the result files in a stage's folder are named after: images, or for stages that work on the data set as a whole
 * `weights`, `metrics` and the like.
 *
 * @param folder The stage's folder, which need not exist.
 */
export async function resultIds(folder: string): Promise<Set<string>> {
  const ids = new Set<string>();
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && !isBookkeeping(name)) ids.add(name.replace(/\.[^.]*$/, ""));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return ids;
}
