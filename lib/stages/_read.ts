import type { LabelMap } from "../data/mod.ts";
import { decodePng } from "../files/png.ts";
import type { StageFiles } from "../run/stage.ts";

/** The file `<id>.png` of a stage, class ids of pixels. @throws Error naming it where it is missing or damaged. */
export async function readLabelMap(
  files: StageFiles,
  { stage, id }: { stage: string; id: string },
): Promise<LabelMap> {
  return decodePng(await files.require(stage, `${id}.png`), files.path(stage, `${id}.png`));
}

/** A JSON file of a stage. @throws Error naming it where it is missing. */
export async function readJson(
  files: StageFiles,
  { stage, file }: { stage: string; file: string },
  // deno-lint-ignore no-explicit-any
): Promise<any> {
  return JSON.parse(new TextDecoder().decode(await files.require(stage, file)));
}
