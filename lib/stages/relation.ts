import { highResolutionCam } from "../cam/cam_archive.ts";
import { confidentLabels } from "../relation/confident_labels.ts";
import type { ImageStage, StageFiles } from "../run/stage.ts";
import { encodePng } from "../files/png.ts";
import type { LabelMap } from "../data/mod.ts";
import { onCores } from "./_cost.ts";
import { readLabelMap } from "./_read.ts";
import { readCams } from "./cam.ts";

/** Label maps of confident foreground, confident background and the uncertain rest, which train IRNet. */
export const relation: ImageStage = {
  kind: "image",
  name: "relation",
  section: "Inter-pixel Relation Mining from CAMs",
  reads: ["cam"],
  runs: "worker",
  settings: ({ relation }) => relation,
  ids: ({ config, dataset }) => dataset.list(config.data.trainList),
  cost: onCores({
    ids: (context) => relation.ids(context),
    seconds: ({ classes }) => 1.3 + 0.45 * classes,
    bytes: (megapixels) => 45_000 * megapixels,
    settings: ({ relation }) => relation.crf.iterations,
  }),
  open: (context) => {
    const { config: { relation }, dataset } = context;
    return {
      process: async (id) => {
        const cams = await readCams(context.files, id);
        const image = await dataset.readImage(id);
        const labels = confidentLabels(image, { keys: cams.keys, highRes: highResolutionCam(cams).data }, relation);
        return { [`${id}.png`]: encodePng(labels, {}) };
      },
    };
  },
};

/** Confident labels of a training image: 0 background, 1… classes, 255 uncertain. */
export function readConfidentLabels(files: StageFiles, id: string): Promise<LabelMap> {
  return readLabelMap(files, { stage: "relation", id });
}
