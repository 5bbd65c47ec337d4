import type { Config } from "../../config/config.ts";
import { VOC_CLASSES } from "../../data/voc_classes.ts";

/** A published result, percent. */
export interface ReferenceNumber {
  /** Whose, and of what. */
  readonly name: string;
  /** The number as published, or a span. */
  readonly value: string;
  /** Where it comes from. */
  readonly source: string;
}

/** Published results on PASCAL VOC 2012 `train`, all with a ResNet-50, percent. */
export interface ReferenceNumbers {
  /** The paper's: mean IoU of CAMs and of pseudo semantic labels, AP at IoU 0.5 of pseudo instance labels. */
  readonly paper: { readonly cam: string; readonly semantic: string; readonly ap50: string };
  /** Mean IoU, by whom and of what. */
  readonly miou: readonly ReferenceNumber[];
  /** AP at IoU 0.5, the method built up from its parts. */
  readonly ap50: readonly ReferenceNumber[];
}

const PAPER = "Ahn, Cho, Kwak, CVPR 2019";
const USERS = "users of the released code";

const VOC: ReferenceNumbers = {
  paper: { cam: "48.3", semantic: "66.5", ap50: "37.7" },
  miou: [
    { name: "CAM, paper", value: "48.3", source: PAPER },
    { name: "CAM, released code", value: "48.1", source: USERS },
    { name: "Pseudo labels, paper", value: "66.5", source: PAPER },
    { name: "Pseudo labels, released code", value: "64.9–66.0", source: USERS },
  ],
  ap50: [
    { name: "CAM components, paper", value: "8.6", source: "commonly quoted, not verified" },
    { name: "+ class boundary, paper", value: "34.1", source: "commonly quoted, not verified" },
    { name: "+ displacement, paper", value: "37.7", source: PAPER },
    { name: "+ displacement, released code", value: "35.7", source: USERS },
  ],
};

/** Published numbers to hold a run against: those of VOC for the presets on its twenty classes, else `null`. */
export function referenceNumbers({ preset, data }: Pick<Config, "preset" | "data">): ReferenceNumbers | null {
  const isVoc = preset !== "sample" && data.classes.join() === VOC_CLASSES.join();
  return isVoc ? VOC : null;
}
