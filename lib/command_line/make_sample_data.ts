import { exists } from "../files/disk.ts";

/**
 * Makes the sample data set where it is missing. An interrupted attempt leaves nothing that looks whole.
 *
 * @param folder Where it lies, or will lie.
 * @param seed Of the images, for those that are made.
 */
export async function makeSampleData(folder: string, seed: number): Promise<void> {
  if (await exists(folder)) return;
  const { generateSample } = await import("../data/sample/mod.ts");
  const unfinished = `${folder}.unfinished`;
  if (await exists(unfinished)) await Deno.remove(unfinished, { recursive: true });
  await generateSample({ seed, out: unfinished });
  await Deno.rename(unfinished, folder);
}
