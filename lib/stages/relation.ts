import { highResolutionCam } from "../cam/cam_archive.ts";
import { confidentLabels } from "../relation/confident_labels.ts";
import type { ImageStage, StageContext } from "../run/stage.ts";
import { encodePng } from "../files/png.ts";
import { readCams } from "./_cams.ts";

/** Label maps of confident foreground, confident background and the uncertain rest, which train IRNet. */
export const labelRelations: ImageStage = {
  kind: "image",
  name: "relation",
  section: "Inter-pixel Relation Mining from CAMs",
  reads: ["cam"],
  runs: "worker",
  settings: ({ relation }) => relation,
  ids: ({ config, dataset }: StageContext) => dataset.list(config.data.trainList),
  open: (context: StageContext) => {
    const { config: { relation }, dataset } = context;
    return Promise.resolve({
      process: async (id) => {
        const cams = await readCams(context, id);
        const image = await dataset.readImage(id);
        const labels = confidentLabels(image, { keys: cams.keys, highRes: highResolutionCam(cams).data }, relation);
        return { [`${id}.png`]: encodePng(labels, {}) };
      },
      close: () => {},
    });
  },
};
