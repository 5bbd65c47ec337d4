import { camArrays, extractCam } from "../cam/mod.ts";
import type { ImageStage, StageContext } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { encodeNpz } from "../files/npz.ts";
import { camFiles, importCams } from "./_import_cams.ts";
import { camNetwork } from "./_networks.ts";

/** Class activation maps of the images that train IRNet and of those that get pseudo labels: made, or given. */
export const extractCams: ImageStage = {
  kind: "image",
  name: "cam",
  section: "Class Attention Maps",
  reads: ["cam_train"],
  runs: "main",
  settings: ({ cam, backbone, data }) =>
    cam.from === null ? { scales: cam.scales, network: backbone.network } : { given: data.classes },
  readsOutside: ({ cam }, id) => cam.from === null ? [] : camFiles(cam.from, id),
  ids: ({ config, dataset }: StageContext) => [
    ...new Set([...dataset.list(config.data.trainList), ...dataset.list(config.data.inferList)]),
  ],
  open: async (context: StageContext) => {
    const { config, dataset } = context;
    if (config.cam.from !== null) return importCams(context);
    const network = await camNetwork(context);
    return {
      process: async (id) => {
        const image = await dataset.readImage(id);
        const cams = await extractCam(network, image, {
          labels: dataset.labels(id),
          scales: config.cam.scales,
        });
        return { [`${id}.npz`]: encodeNpz(camArrays(cams)) };
      },
      close: () => disposeParams(network.params),
    };
  },
};
