import type { LabelMap } from "../data/mod.ts";
import { encodePng } from "../files/png.ts";
import type { ImageStage, StageFiles } from "../run/stage.ts";
import { synthesizeSemantic } from "../synthesis/mod.ts";
import { onCores } from "./_cost.ts";
import { readLabelMap } from "./_read.ts";
import { readEvidence } from "./instance.ts";
import { SEED_MAPS } from "./seed.ts";

/** Pseudo semantic masks. */
export const semantic: ImageStage = {
  kind: "image",
  name: "semantic",
  section: "Synthesizing Instance Segmentation Labels",
  reads: [...SEED_MAPS, "irnet"],
  runs: "worker",
  settings: ({ walk, synthesis }) => ({
    walk,
    camPower: synthesis.camPower,
    threshold: synthesis.semanticThreshold,
  }),
  ids: ({ config, dataset }) => dataset.list(config.data.inferList),
  cost: onCores({
    ids: (context) => semantic.ids(context),
    seconds: ({ classes }) => 0.5 + 0.1 * classes,
    bytes: (megapixels) => 20_000 * megapixels,
    settings: ({ walk }) => walk,
  }),
  open: (context) => {
    const { walk, synthesis: { semanticThreshold: threshold } } = context.config;
    return {
      process: async (id) => {
        const { evidence } = await readEvidence(context, id);
        return { [`${id}.png`]: encodePng(synthesizeSemantic(evidence, { threshold, walk }), {}) };
      },
    };
  },
};

/** Pseudo semantic labels of an image. */
export function readSemantic(files: StageFiles, id: string): Promise<LabelMap> {
  return readLabelMap(files, { stage: "semantic", id });
}
