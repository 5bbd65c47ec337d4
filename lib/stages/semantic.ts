import type { LabelMap } from "../data/mod.ts";
import { encodePng } from "../files/png.ts";
import type { ImageStage, StageContext } from "../run/stage.ts";
import { synthesizeSemantic } from "../synthesis/mod.ts";
import { onCores } from "./_cost.ts";
import { readLabelMap } from "./_read.ts";
import { readEvidence } from "./instance.ts";

function idsOf({ config, dataset }: StageContext): string[] {
  return dataset.list(config.data.inferList);
}

/** Pseudo semantic masks. */
export const semantic: ImageStage = {
  kind: "image",
  name: "semantic",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["cam", "irnet"],
  runs: "worker",
  settings: ({ walk, synthesis }) => ({ walk, threshold: synthesis.semanticThreshold }),
  ids: idsOf,
  cost: onCores({
    ids: idsOf,
    seconds: ({ classes }) => 0.5 + 0.1 * classes,
    bytes: (megapixels) => 20_000 * megapixels,
    settings: ({ walk }) => walk,
  }),
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

/** Pseudo semantic labels of an image. */
export function readSemantic(from: Pick<StageContext, "files">, id: string): Promise<LabelMap> {
  return readLabelMap(from, { stage: "semantic", id });
}
