import { basename, join } from "node:path";
import type { Config } from "../config/config.ts";
import { readList } from "../data/mod.ts";
import { decodePng, encodePng } from "../files/png.ts";
import { placeFile, readFileIfExists } from "../files/disk.ts";
import type { ExportOptions } from "./export_formats.ts";

/**
 * Writes the folder that VOC's evaluation server takes: label maps with VOC's palette, without void.
 *
 * @returns What was written, in words.
 * @throws Error naming the first image of the list without a label map, or a label beside the classes.
 */
export async function writeServerFolder(
  { data }: Config,
  { workdir, out, list, predictions, competition = "comp6", signal }: ExportOptions,
): Promise<string> {
  const source = predictions ?? join(workdir, "semantic");
  const ids = list === undefined ? await labelMaps(source) : listed(data.root!, list);
  if (ids.length === 0) throw new Error(`Expected label maps, <id>.png, in ${source} but found none`);
  const split = list === undefined ? "test" : basename(list, ".txt");
  const root = out ?? join(workdir, "export", "voc-server");
  const folder = join(root, "results", "VOC2012", "Segmentation", `${competition}_${split}_cls`);
  let voids = 0;
  for (const id of ids) {
    signal?.throwIfAborted();
    const path = join(source, `${id}.png`);
    const bytes = await readFileIfExists(path);
    if (!bytes) throw new Error(`Expected a label map ${path} but found no such file`);
    const { width, height, data: labels } = decodePng(bytes, path);
    const foreign = labels.find((label) => label > data.classes.length && label !== 255);
    if (foreign !== undefined) {
      throw new Error(`Expected labels 0…${data.classes.length} or 255 in ${path} but found ${foreign}`);
    }
    if (labels.includes(255)) voids++;
    const map = { width, height, data: labels.map((label) => label === 255 ? 0 : label) };
    await placeFile(join(folder, `${id}.png`), encodePng(map));
  }
  return [
    `Wrote ${folder}: ${ids.length} images` + (voids > 0 ? `; void pixels of ${voids} became background` : ""),
    competition === "comp6"
      ? "comp6 is for methods that used more than VOC's data, such as ImageNet's weights; otherwise --competition comp5"
      : "comp5 is for methods that used nothing but VOC's data; with ImageNet's weights or SBD's masks it is comp6",
    `To hand it in: tar czf results.tgz -C ${root} results`,
  ].join("\n");
}

/** Ids of a list of the data set, which need no labels: those of test images are secret. */
function listed(root: string, list: string): string[] {
  const found = readList(root, list);
  if (!found) throw new Error(`Expected a list ${list} in ${root} but found none`);
  return found.ids;
}

/** Ids of all label maps in a folder, ascending. */
async function labelMaps(folder: string): Promise<string[]> {
  const ids: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".png")) ids.push(name.slice(0, -4));
  } catch (error) {
    throw new Error(`Expected a folder of label maps at ${folder} but found: ${(error as Error).message}`);
  }
  return ids.sort();
}
