import { inferIrnet, type IrnetMaps } from "../irnet/mod.ts";
import type { ImageStage, StageFiles } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { decodeNpz, encodeNpz } from "../files/npz.ts";
import { GIB, inferences, networkCost, square } from "./_cost.ts";
import { BRANCHES_COST, irnetNetwork } from "./irnet_train.ts";

/** Boundary maps and displacement fields of the images that get pseudo labels. */
export const irnet: ImageStage = {
  kind: "image",
  name: "irnet",
  section: "Label Synthesis Using IRNet",
  reads: ["irnet_train"],
  runs: "main",
  settings: ({ irnet, backbone }) => ({ crop: irnet.crop, backbone: [backbone.network, backbone.taps] }),
  ids: ({ config, dataset }) => dataset.list(config.data.inferList),
  cost: {
    settings: ({ backbone, irnet }) => [backbone.network, backbone.taps, irnet.displacementWidth],
    estimate: (context, image) => {
      const { config } = context, { forward, bytes } = networkCost(config);
      const canvas = Math.max(square(config.irnet.crop), image.megapixels);
      const cost = (2 * forward + 1.2 * BRANCHES_COST) * canvas;
      return {
        parts: [inferences(irnet.ids(context).length, { cost, config, image })],
        bytes: 0.9 * 12 * image.megapixels * 1e6 / 16,
        memory: 0.3 * GIB + 3 * bytes * canvas,
      };
    },
  },
  open: async (context) => {
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

/** Reads the boundary map and displacement field of an image. */
export async function readIrnetMaps(files: StageFiles, id: string): Promise<IrnetMaps> {
  const name = files.path("irnet", `${id}.npz`);
  const { boundary, displacement } = decodeNpz(await files.require("irnet", `${id}.npz`), name);
  const [height, width] = boundary?.shape ?? [];
  if (!boundary || !displacement || displacement.data.length !== 2 * boundary.data.length || !height || !width) {
    throw new Error(`Expected boundary [h, w] and displacement [2, h, w] in ${name} but found other arrays`);
  }
  return {
    height,
    width,
    boundary: Float32Array.from(boundary.data),
    displacement: Float32Array.from(displacement.data),
  };
}
