import { type Dataset, type LabelMap, MaskError } from "../data/mod.ts";
import { packConfusion, unpackConfusion } from "../evaluation/mod.ts";
import { decodePng } from "../files/png.ts";
import type { StageFiles } from "../run/stage.ts";

/** The file `<id>.png` of a stage, class ids of pixels. @throws Error naming it where it is missing or damaged. */
export async function readLabelMap(
  files: StageFiles,
  { stage, id }: { stage: string; id: string },
): Promise<LabelMap> {
  return decodePng(await files.require(stage, `${id}.png`), files.path(stage, `${id}.png`));
}

/** Ground truth that an image is judged by. */
export interface Truth {
  /** Class ids of pixels; `null` where there is none that can be used. */
  readonly truth: LabelMap | null;
  /** Instance ids of pixels; `null` where there are none that can be used. */
  readonly objects: LabelMap | null;
  /** Reason why a mask cannot be used. */
  readonly unusable: string | null;
  /** What a mask that is used may not have meant. */
  readonly doubt: string | null;
}

const BARE = "masks of 0 and 255 alone, background and void, of images that show a class";

/** Ground truth of an image, with its instances where they are exact; a mask that cannot be used stops nothing. */
export async function readTruth(
  dataset: Pick<Dataset, "readClassMask" | "readInstanceMask" | "labels">,
  id: string,
  { exact }: { exact: boolean },
): Promise<Truth> {
  let unusable: string | null = null;
  const usable = (error: unknown): null => {
    if (!(error instanceof MaskError)) throw error;
    unusable ??= error.message;
    return null;
  };
  const truth = await dataset.readClassMask(id).catch(usable);
  const objects = truth && exact ? await dataset.readInstanceMask(id).catch(usable) : null;
  const isBare = truth?.data.includes(255) && truth.data.every((id) => id === 0 || id === 255);
  return { truth, objects, unusable, doubt: isBare && dataset.labels(id).length > 0 ? BARE : null };
}

/** Counts on an image as a file. */
export function encodeCounts(counts: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(counts, packConfusion));
}

/** Counts on an image that a stage has written. @throws Error naming the file where it is missing. */
// deno-lint-ignore no-explicit-any
export async function readCounts(files: StageFiles, { stage, file }: { stage: string; file: string }): Promise<any> {
  const text = new TextDecoder().decode(await files.require(stage, file));
  return text.includes('"places":') ? JSON.parse(text, unpackConfusion) : JSON.parse(text);
}

/** A JSON file of a stage. @throws Error naming it where it is missing. */
export async function readJson(
  files: StageFiles,
  { stage, file }: { stage: string; file: string },
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  return JSON.parse(new TextDecoder().decode(await files.require(stage, file)));
}
