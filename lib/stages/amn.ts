import { inferAmn } from "../amn/mod.ts";
import { camArrays } from "../cam/mod.ts";
import { encodeNpz } from "../files/npz.ts";
import type { ImageStage } from "../run/stage.ts";
import { disposeParams } from "../weights/mod.ts";
import { GIB, inferences, networkCost } from "./_cost.ts";
import { amnNetwork } from "./amn_train.ts";
import { cam } from "./cam.ts";
import { confidentLabelsOf } from "./relation.ts";

/** AMN's maps of all images that have class attention maps, in the form that other methods store theirs. */
export const amn: ImageStage = {
  kind: "image",
  name: "amn",
  section: "After IRNet: AMN",
  reads: ["cam", "relation", "amn_train"],
  runs: "main",
  enabled: ({ amn }) => amn.use,
  settings: ({ amn, backbone, relation }) => ({ scales: amn.scales, network: backbone.network, relation }),
  ids: (context) => cam.ids(context),
  cost: {
    settings: ({ backbone }) => backbone.network,
    estimate: (context, image) => {
      const { config } = context, { scales } = config.amn, { forward, bytes } = networkCost(config);
      const { megapixels, classes } = image, area = scales.reduce((sum, scale) => sum + scale * scale, 0);
      return {
        parts: [inferences(amn.ids(context).length, { cost: forward * 2.5 * area * megapixels, config, image })],
        bytes: 4.25 * classes * megapixels * 1e6,
        memory: 0.3 * GIB + bytes * 2 * Math.max(...scales) ** 2 * megapixels,
      };
    },
  },
  open: async (context) => {
    const { config, dataset } = context, network = await amnNetwork(context);
    return {
      process: async (id) => {
        const maps = await inferAmn(network, await dataset.readImage(id), {
          labels: dataset.labels(id),
          confident: await confidentLabelsOf(context, id),
          scales: config.amn.scales,
        });
        return { [`${id}.npz`]: encodeNpz(camArrays(maps), { level: 1 }) };
      },
      close: () => disposeParams(network.params),
    };
  },
};
