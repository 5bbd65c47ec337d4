import { addSweep, emptySweep, powerMetrics, type PowerSweep, type Sweep } from "../evaluation/mod.ts";
import { chartFigure, powerChart } from "../figures/mod.ts";
import type { ImageStage, StageFiles, WholeStage } from "../run/stage.ts";
import { raiseCams } from "../synthesis/mod.ts";
import { onCores } from "./_cost.ts";
import { readJson, readTruth } from "./_read.ts";
import { readEvidence } from "./instance.ts";
import { countPseudoLabels } from "./measure.ts";
import { SEED_MAPS } from "./seed.ts";

/** Counts pseudo semantic labels at every power of the CAMs and every threshold; each power walks once. */
export const sweep: ImageStage = {
  kind: "image",
  name: "sweep",
  section: "Synthesizing Instance Segmentation Labels",
  reads: [...SEED_MAPS, "irnet"],
  runs: "worker",
  readsMasks: true,
  settings: ({ walk, evaluation: { camPowers, pseudoThresholds } }) => ({ walk, camPowers, pseudoThresholds }),
  ids: ({ config, dataset }) => dataset.list(config.data.inferList),
  cost: onCores({
    ids: (context) => sweep.ids(context),
    seconds: ({ classes }, { config }) => config.evaluation.camPowers.length * (0.3 + 0.1 * classes),
    bytes: () => 20_000,
    settings: ({ walk, evaluation }) => [walk, evaluation.camPowers],
  }),
  open: (context) => {
    const { walk, synthesis, evaluation: { camPowers, pseudoThresholds } } = context.config;
    const asStored = { ...context, config: { ...context.config, synthesis: { ...synthesis, camPower: 1 } } };
    return {
      process: async (id) => {
        const { truth } = await readTruth(context.dataset, id, { exact: false });
        const { evidence } = truth ? await readEvidence(asStored, id) : { evidence: null };
        const sweeps = truth && evidence
          ? camPowers.map((power) => {
            const counts = emptySweep(pseudoThresholds, context.dataset.classes.length + 1);
            countPseudoLabels(counts, { evidence: raiseCams(evidence, power), walk, truth });
            return counts;
          })
          : null;
        return { [`${id}.json`]: new TextEncoder().encode(JSON.stringify(sweeps)) };
      },
    };
  },
};

/** Adds up a {@linkcode sweep}: mean IoU at each power and threshold as `table.json` and `table.csv`, curves as a page. */
export const sweepTable: WholeStage = {
  kind: "whole",
  name: "sweep_table",
  section: "Synthesizing Instance Segmentation Labels",
  reads: ["sweep"],
  settings: ({ data, evaluation: { classes, camPowers, pseudoThresholds } }) => ({
    ...{ list: data.inferList, classes, camPowers, pseudoThresholds },
  }),
  run: async (context) => {
    const { files, dataset, config: { data, evaluation } } = context, powers = evaluation.camPowers;
    const totals = powers.map(() => emptySweep(evaluation.pseudoThresholds, dataset.classes.length + 1));
    let images = 0;
    for (const id of sweep.ids(context)) {
      const sweeps: Sweep[] | null = await readJson(files, { stage: "sweep", file: `${id}.json` });
      sweeps?.forEach((counts, p) => addSweep(totals[p]!, counts));
      if (sweeps) images++;
    }
    if (images === 0) throw new Error(`Expected images of ${data.inferList} with ground truth but found none`);
    const choice = { classes: dataset.classes, chosen: evaluation.classes };
    const table = powerMetrics(totals, { powers, split: data.inferList, images, ...choice });
    const lines = table.rows.flatMap(({ power, curve }) =>
      curve.map(({ threshold, miou }) => `${power},${threshold},${miou ?? ""}\n`)
    );
    const write = (file: string, text: string) => files.write("sweep_table", file, new TextEncoder().encode(text));
    await write("table.json", `${JSON.stringify(table, null, 2)}\n`);
    await write("table.csv", `power,threshold,miou\n${lines.join("")}`);
    await write("curves.html", await chartFigure(powerChart(table)).html());
  },
};

/** The table of a sweep. */
export function readSweep(files: StageFiles): Promise<PowerSweep> {
  return readJson(files, { stage: "sweep_table", file: "table.json" });
}
