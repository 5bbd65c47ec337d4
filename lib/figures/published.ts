import type { Config } from "../config/config.ts";
import { VOC_CLASSES } from "../data/class_names.ts";

/** A published result, percent. */
export interface PublishedRow {
  /** What is judged, as in the tables of a run. */
  readonly what: "pseudo labels, mIoU" | "pseudo instances, AP50" | "DeepLab, mIoU on val" | "Mask R-CNN, AP50 on val";
  /** Whose. */
  readonly name: string;
  /** As published; a span where several are. */
  readonly value: string;
  /** Where it comes from. */
  readonly source: string;
}

/** Source of the paper's own numbers. */
export const PAPER = "Ahn, Cho, Kwak, CVPR 2019";

const USERS = "users of the released code", QUOTED = "commonly quoted, not verified";

/** Published results on PASCAL VOC 2012 with image labels alone: of training images for pseudo labels, else of `val`. */
const PUBLISHED_VOC: readonly PublishedRow[] = [
  { what: "pseudo labels, mIoU", name: "CAM", value: "48.3", source: PAPER },
  { what: "pseudo labels, mIoU", name: "CAM", value: "48.1", source: USERS },
  { what: "pseudo labels, mIoU", name: "AffinityNet, ResNet-50", value: "59.3", source: QUOTED },
  { what: "pseudo labels, mIoU", name: "IRNet", value: "66.5", source: PAPER },
  { what: "pseudo labels, mIoU", name: "IRNet", value: "64.9–66.0", source: USERS },
  { what: "pseudo instances, AP50", name: "CAM components", value: "8.6", source: QUOTED },
  { what: "pseudo instances, AP50", name: "+ class boundary", value: "34.1", source: QUOTED },
  { what: "pseudo instances, AP50", name: "+ displacement", value: "37.7", source: PAPER },
  { what: "pseudo instances, AP50", name: "+ displacement", value: "32.4–35.7", source: USERS },
  { what: "DeepLab, mIoU on val", name: "IRNet", value: "63.5", source: PAPER },
  { what: "Mask R-CNN, AP50 on val", name: "IRNet", value: "46.7", source: PAPER },
  { what: "Mask R-CNN, AP50 on val", name: "IRNet", value: "45.0", source: USERS },
  { what: "Mask R-CNN, AP50 on val", name: "BESTIE", value: "51.0", source: "Kim et al., CVPR 2022" },
];

/** Published numbers to hold a run against: those of VOC for the presets on its twenty classes, else `null`. */
export function publishedFor({ preset, data }: Pick<Config, "preset" | "data">): readonly PublishedRow[] | null {
  return preset !== "sample" && data.classes.join() === VOC_CLASSES.join() ? PUBLISHED_VOC : null;
}
