/** Sources of the semantic labels and instance masks to train on, and their names in tables. */
import { highResolutionCam } from "../../cam/mod.ts";
import type { StageContext } from "../../run/stage.ts";
import { applyThreshold, scoreCams } from "../../synthesis/mod.ts";
import type { LabelMap } from "../../data/mod.ts";
import { readLabelMap } from "../_read.ts";
import { readCams } from "../cam.ts";

/** CAMs cut at their threshold, AffinityNet's walk, IRNet's walk, and ground truth as the upper bound. */
export const LABEL_SOURCES = ["cam", "affinitynet", "irnet", "truth"] as const;

/** One of {@linkcode LABEL_SOURCES}. */
export type LabelSource = typeof LABEL_SOURCES[number];

/** Instance masks to train on: IRNet's, and ground truth as the upper bound. */
export const MASK_SOURCES = ["irnet", "truth"] as const;

/** One of {@linkcode MASK_SOURCES}. */
export type MaskSource = typeof MASK_SOURCES[number];

/** The stage whose files a source reads; `null`: none. */
export const STAGE_OF: Record<LabelSource, string | null> = {
  cam: "cam",
  affinitynet: "affinitynet",
  irnet: "semantic",
  truth: null,
};

/** Settings that the labels depend on beside those files. */
export function sourceSettings(source: LabelSource, { cam }: StageContext["config"]): unknown {
  return source === "cam" ? { threshold: cam.threshold } : null;
}

/** Names of sources, as the rows of written results have them. */
export const SOURCE_NAMES: Record<LabelSource, string> = {
  cam: "CAM",
  affinitynet: "AffinityNet",
  irnet: "IRNet",
  truth: "true masks",
};

/** Pseudo semantic labels that are judged on training images. */
export const PSEUDO_SOURCES = LABEL_SOURCES.filter((source) => source !== "truth");

/** Pseudo instance labels that are judged on training images. */
export const PSEUDO_INSTANCES = {
  cam: "CAM components",
  boundary: "IRNet, class boundary only",
  irnet: "IRNet",
} as const;

/** Semantic labels of an image. @throws Error if they are not there, or there is no ground truth. */
export async function readLabels(
  context: Pick<StageContext, "config" | "dataset" | "files">,
  id: string,
  { source }: { source: LabelSource },
): Promise<LabelMap> {
  const { config, dataset } = context;
  if (source === "truth") {
    const mask = await dataset.readClassMask(id);
    if (!mask) throw new Error(`Expected ground truth of ${id} to train the upper bound on but found none`);
    return mask;
  }
  if (source === "cam") {
    const archive = await readCams(context.files, id);
    const { data, height, width } = highResolutionCam(archive, (await dataset.imageSize(id)).full);
    return applyThreshold(scoreCams(data, { keys: archive.keys, height, width }), config.cam.threshold);
  }
  return await readLabelMap(context.files, { stage: STAGE_OF[source]!, id });
}
