import { inferIrnet } from "../irnet/mod.ts";
import type { ImageStage, StageContext } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { encodeNpz } from "../files/npz.ts";
import { irnetNetwork } from "./_networks.ts";

/** Boundary maps and displacement fields of the images that get pseudo labels. */
export const inferIrnetStage: ImageStage = {
  kind: "image",
  name: "irnet",
  section: "Label Synthesis Using IRNet",
  reads: ["irnet_train"],
  runs: "main",
  settings: ({ irnet, backbone }) => ({ crop: irnet.crop, backbone: [backbone.network, backbone.taps] }),
  ids: ({ config, dataset }: StageContext) => dataset.list(config.data.inferList),
  open: async (context: StageContext) => {
    const { config, dataset } = context, network = await irnetNetwork(context);
    return {
      process: async (id) => {
        const maps = await inferIrnet(network, await dataset.readImage(id), { crop: config.irnet.crop });
        const { height, width, boundary, displacement } = maps;
        return {
          [`${id}.npz`]: encodeNpz({
            boundary: { shape: [height, width], data: boundary },
            displacement: { shape: [2, height, width], data: displacement },
          }),
        };
      },
      close: () => disposeParams(network.params),
    };
  },
};
