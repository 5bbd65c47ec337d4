/** Names of the makers of labels and masks that are compared, as tables show them. */
import { LABEL_SOURCES, type LabelSource } from "./_label_sources.ts";

/** What tables call the sources of labels and masks. */
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
