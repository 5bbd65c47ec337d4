/** Seed of IRNet: the class maps that it synthesizes labels from, and the confident labels that it learns from. */
import type { CamArchive } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import type { LabelMap } from "../data/mod.ts";
import type { ConfidentLabelOptions } from "../relation/confident_labels.ts";
import type { StageContext } from "../run/stage.ts";
import { readCams } from "./cam.ts";
import { amnLabelOptions, readConfidentLabels } from "./relation.ts";

/** The stages that give both: those of CAMs, or those of AMN where it is used. */
function seedStages({ amn }: Config): { maps: string; labels: string } {
  return amn.use ? { maps: "amn", labels: "amn_relation" } : { maps: "cam", labels: "relation" };
}

/** How confident labels are made of the class maps. */
export function seedLabelOptions(config: Config): ConfidentLabelOptions {
  return config.amn.use ? amnLabelOptions(config) : config.relation;
}

/** Stages that a stage reads the maps from: of both one is not there, or made from the other. */
export const SEED_MAPS = ["cam", "amn"];

/** Stages that a stage reads the labels from. */
export const SEED_LABELS = ["relation", "amn_relation"];

/** Class maps of an image. */
export function readSeed({ config, files }: Pick<StageContext, "config" | "files">, id: string): Promise<CamArchive> {
  return readCams(files, id, seedStages(config).maps);
}

/** Confident labels of a training image: 0 background, 1… classes, 255 uncertain. */
export function readSeedLabels(
  { config, files }: Pick<StageContext, "config" | "files">,
  id: string,
): Promise<LabelMap> {
  return readConfidentLabels(files, id, seedStages(config).labels);
}
