import { inferIrnet } from "../../irnet/mod.ts";
import type { ImageStage, StageContext } from "../../stage.ts";
import { disposeParams, toParams } from "../../weights/mod.ts";
import { encodeNpz } from "../npz.ts";
import { backboneOf, irnetParameters, trainedWeights } from "./_networks.ts";

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
    const { config, dataset } = context;
    const backbone = backboneOf(config);
    const specs = irnetParameters(config);
    const weights = await trainedWeights(context, "irnet_train", specs);
    const [dy, dx] = weights["mean_displacement"]!.data;
    const all = toParams(weights, specs);
    const params = {
      ...backbone.fold(all),
      ...Object.fromEntries(
        Object.entries(all).filter(([name]) => name.startsWith("fc_")).map(([name, tensor]) => [name, tensor.clone()]),
      ),
    };
    disposeParams(all);
    const network = { backbone, params, meanDisplacement: [dy!, dx!] as const };
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
      close: () => disposeParams(params),
    };
  },
};
