import type { PredictedMasks } from "../evaluation/mod.ts";
import type { StageContext } from "../run/stage.ts";
import type { Instances } from "../synthesis/mod.ts";
import { decodeNpz, encodeNpz } from "../files/npz.ts";

/** Reads the instances that a stage gave an image, which must be of this size where one is given. */
export async function readInstances(
  { files }: Pick<StageContext, "files">,
  id: string,
  size?: { height: number; width: number },
  stage = "instance",
): Promise<PredictedMasks> {
  const name = files.path(stage, `${id}.npz`);
  const { score, class: classes, mask } = decodeNpz(await files.require(stage, `${id}.npz`), name);
  const [count, height, width] = mask?.shape ?? [];
  const fits = !size || (height === size.height && width === size.width);
  if (
    !score || !classes || !mask || !height || !width || !fits || ![score, classes].every((a) => a.data.length === count)
  ) {
    const sides = size ? `${size.height}, ${size.width}` : "H, W";
    throw new Error(`Expected score [N], class [N] and mask [N, ${sides}] in ${name} but found other arrays`);
  }
  return { height, width, score: score.data, class: classes.data, mask: Uint8Array.from(mask.data) };
}

/** `score`, `class` and `mask`, compressed: masks are mostly runs of equal values. */
export function encodeInstances({ height, width, score, class: classes, mask }: Instances): Uint8Array {
  const count = score.length;
  return encodeNpz({
    score: { shape: [count], data: score },
    class: { shape: [count], data: classes },
    mask: { shape: [count, height, width], data: mask },
  }, { level: 3 });
}
