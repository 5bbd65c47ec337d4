/** Where semantic labels to train on come from. */
import { highResolutionCam } from "../../cam/mod.ts";
import type { StageContext } from "../../run/stage.ts";
import { applyThreshold, scoreCams } from "../../synthesis/mod.ts";
import type { LabelMap } from "../../data/mod.ts";
import { decodePng } from "../../files/png.ts";
import { readCams } from "../_cams.ts";

/** CAMs cut at their threshold, AffinityNet's walk, IRNet's walk, and the true masks as the upper bound. */
export const LABEL_SOURCES = ["cam", "affinitynet", "irnet", "truth"] as const;

/** One of {@linkcode LABEL_SOURCES}. */
export type LabelSource = typeof LABEL_SOURCES[number];

/** The stage whose files a source reads; `null`: none. */
export const STAGE_OF: Record<LabelSource, string | null> = {
  cam: "cam",
  affinitynet: "affinitynet",
  irnet: "semantic",
  truth: null,
};

/** What the labels depend on beside those files. */
export function sourceSettings(source: LabelSource, { cam }: StageContext["config"]): unknown {
  return source === "cam" ? { threshold: cam.threshold } : null;
}

/** Semantic labels of an image. @throws Error if they are not there, or there is no true mask. */
export async function readLabels(context: StageContext, id: string, source: LabelSource): Promise<LabelMap> {
  const { config, dataset, files } = context;
  if (source === "truth") {
    const mask = await dataset.readClassMask(id);
    if (!mask) throw new Error(`Expected a true mask of ${id} to train the upper bound on but found none`);
    return mask;
  }
  if (source === "cam") {
    const archive = await readCams(context, id);
    const { data, height, width } = highResolutionCam(archive);
    return applyThreshold(scoreCams(data, { keys: archive.keys, height, width }), config.cam.threshold);
  }
  const stage = STAGE_OF[source]!, file = `${id}.png`;
  return decodePng(await files.require(stage, file), files.path(stage, file));
}
