import { exists, isFolder } from "../../files/disk.ts";
import type { GenerateSampleOptions } from "./generate_sample.ts";

/**
 * Makes the sample data set where it is missing. An interrupted attempt leaves nothing that looks whole.
 *
 * @param folder Where it lies, or will lie.
 * @param seed Of the images, for those that are made.
 * @param counts Images of each kind; absent: all. Fewer are the first of all.
 */
export async function makeSampleData(
  folder: string,
  seed: number,
  counts?: GenerateSampleOptions["counts"],
): Promise<void> {
  if (await exists(folder)) return;
  const { generateSample } = await import("./mod.ts");
  const [, unfinished] = foldersOf(folder);
  if (await exists(unfinished)) await Deno.remove(unfinished, { recursive: true });
  await generateSample({ seed, out: unfinished, ...counts && { counts } });
  await Deno.rename(unfinished, folder);
}

/** Folders that {@linkcode makeSampleData} writes: none where the data set is there. */
export function sampleFolders(folder: string): string[] {
  return isFolder(folder) ? [] : foldersOf(folder);
}

function foldersOf(folder: string): [whole: string, unfinished: string] {
  return [folder, `${folder}.unfinished`];
}
