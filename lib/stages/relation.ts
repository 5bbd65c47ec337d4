import { highResolutionCam } from "../cam/cam_archive.ts";
import type { Config } from "../config/config.ts";
import type { LabelMap } from "../data/mod.ts";
import { encodePng } from "../files/png.ts";
import { type ConfidentLabelOptions, confidentLabels } from "../relation/confident_labels.ts";
import type { ImageStage, StageContext, StageFiles } from "../run/stage.ts";
import { onCores } from "./_cost.ts";
import { readLabelMap } from "./_read.ts";
import { readCams } from "./cam.ts";

/** Label maps of confident foreground, confident background and the uncertain rest, which train IRNet, or AMN before it. */
export const relation: ImageStage = fromMaps({ name: "relation", maps: "cam", settings: ({ relation }) => relation });

/** The same of AMN's maps, where these are used: they train IRNet. */
export const amnRelation: ImageStage = {
  ...fromMaps({
    name: "amn_relation",
    maps: "amn",
    settings: amnLabelOptions,
  }),
  enabled: ({ amn }) => amn.use,
};

/** How confident labels are made of AMN's maps. */
export function amnLabelOptions(
  { relation: { crf }, amn: { foreground, background } }: Config,
): ConfidentLabelOptions {
  return { foreground, background, crf };
}

function fromMaps(
  { name, maps, settings }: { name: string; maps: string; settings: (config: Config) => ConfidentLabelOptions },
): ImageStage {
  const ids: ImageStage["ids"] = ({ config, dataset }) => dataset.list(config.data.trainList);
  return {
    kind: "image",
    name,
    section: "Inter-pixel Relation Mining from CAMs",
    reads: [maps],
    runs: "worker",
    settings,
    ids,
    cost: onCores({
      ids,
      seconds: ({ classes }) => 1.3 + 0.45 * classes,
      bytes: (megapixels) => 45_000 * megapixels,
      settings: ({ relation }) => relation.crf.iterations,
    }),
    open: (context) => ({
      process: async (id) => {
        const labels = await labelsOf(context, id, { maps, options: settings(context.config) });
        return { [`${id}.png`]: encodePng(labels, {}) };
      },
    }),
  };
}

async function labelsOf(
  { dataset, files }: Pick<StageContext, "dataset" | "files">,
  id: string,
  { maps, options }: { maps: string; options: ConfidentLabelOptions },
): Promise<LabelMap> {
  const archive = await readCams(files, id, maps), image = await dataset.readImage(id);
  return confidentLabels(image, { keys: archive.keys, highRes: highResolutionCam(archive).data }, options);
}

/** Confident labels of a training image: 0 background, 1… classes, 255 uncertain. */
export function readConfidentLabels(files: StageFiles, id: string, stage = relation.name): Promise<LabelMap> {
  return readLabelMap(files, { stage, id });
}

/** Confident labels of CAMs of any image: those that there are, or new ones. */
export async function confidentLabelsOf(context: StageContext, id: string): Promise<LabelMap> {
  if (await context.files.read("relation", `${id}.png`)) return await readConfidentLabels(context.files, id);
  return await labelsOf(context, id, { maps: "cam", options: context.config.relation });
}
