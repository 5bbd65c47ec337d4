import type { ImageStage, StageContext } from "../run/stage.ts";
import { type Instances, synthesizeInstances, synthesizeSemantic } from "../synthesis/mod.ts";
import type { LabelMap } from "../data/mod.ts";
import { encodePng } from "../files/png.ts";
import { clustersOf, readEvidence } from "./_evidence.ts";
import { encodeInstances } from "./_instances.ts";

/** Pseudo instance masks. */
export const synthesizeInstanceMasks: ImageStage = {
  kind: "image",
  name: "instance",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam", "irnet"],
  runs: "worker",
  settings: ({ displacement, walk, synthesis }) => ({
    displacement,
    walk,
    threshold: synthesis.instanceThreshold,
    fragment: synthesis.fragment,
  }),
  ids: ({ config, dataset }: StageContext) => dataset.list(config.data.inferList),
  open: (context: StageContext) => {
    const { displacement, walk, synthesis } = context.config;
    return Promise.resolve({
      process: async (id) => {
        const { evidence, maps } = await readEvidence(context, id);
        const instances = synthesizeInstances(evidence, {
          clusters: clustersOf(maps, displacement),
          threshold: synthesis.instanceThreshold,
          fragment: synthesis.fragment,
          walk,
        });
        return {
          [`${id}.npz`]: encodeInstances(instances),
          [`${id}.png`]: encodePng(instanceMap(instances), {}),
        };
      },
      close: () => {},
    });
  },
};

/** Pseudo semantic masks. */
export const synthesizeSemanticMasks: ImageStage = {
  kind: "image",
  name: "semantic",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam", "irnet"],
  runs: "worker",
  settings: ({ walk, synthesis }) => ({ walk, threshold: synthesis.semanticThreshold }),
  ids: ({ config, dataset }: StageContext) => dataset.list(config.data.inferList),
  open: (context: StageContext) => {
    const { walk, synthesis: { semanticThreshold: threshold } } = context.config;
    return Promise.resolve({
      process: async (id) => {
        const { evidence } = await readEvidence(context, id);
        return { [`${id}.png`]: encodePng(synthesizeSemantic(evidence, { threshold, walk }), {}) };
      },
      close: () => {},
    });
  },
};

/** A preview: pixel value n + 1 for instance n, up to 254; fragments are left out. */
function instanceMap({ height, width, score, mask }: Instances): LabelMap {
  const data = new Uint8Array(height * width);
  let value = 0;
  for (let n = 0; n < score.length && value < 254; n++) {
    if (score[n] === 0) continue;
    value++;
    for (let i = 0; i < data.length; i++) if (mask[n * data.length + i]) data[i] = value;
  }
  return { height, width, data };
}
