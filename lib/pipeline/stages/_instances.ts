import type { PredictedMasks } from "../../evaluation/mod.ts";
import type { StageContext } from "../../stage.ts";
import { decodeNpz } from "../npz.ts";

/** Reads the pseudo instances of an image of this size. */
export async function readInstances(
  { files }: Pick<StageContext, "files">,
  id: string,
  { height, width }: { height: number; width: number },
): Promise<PredictedMasks> {
  const name = files.path("instance", `${id}.npz`);
  const { score, class: classes, mask } = decodeNpz(await files.require("instance", `${id}.npz`), name);
  if (!score || !classes || !mask || mask.data.length !== score.data.length * height * width) {
    throw new Error(
      `Expected score [N], class [N] and mask [N, ${height}, ${width}] in ${name} but found other arrays`,
    );
  }
  return { height, width, score: score.data, class: classes.data, mask: Uint8Array.from(mask.data) };
}
