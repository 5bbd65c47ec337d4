import type { Config } from "../config/config.ts";
import type { ComparisonMeasurement, PredictedMasks } from "../evaluation/mod.ts";
import type { TrainingLog } from "../figures/mod.ts";
import type { LabelMap } from "../data/mod.ts";
import { decodePng } from "../files/png.ts";
import { readInstances } from "../stages/_instances.ts";
import { readTrainingLog } from "../stages/_training_logs.ts";
import type { Comparison } from "../stages/downstream/compare.ts";
import { LABEL_SOURCES, type LabelSource, readLabels } from "../stages/downstream/_label_sources.ts";
import { MASK_SOURCES, type MaskSource } from "../stages/downstream/mask_rcnn.ts";
import { SOURCE_NAMES } from "../stages/downstream/_makers.ts";
import { openDataset } from "../stages/mod.ts";
import { Store } from "../run/store.ts";

export { type Comparison, LABEL_SOURCES, type LabelSource, MASK_SOURCES, type MaskSource, SOURCE_NAMES };

/**
 * What the command `compare` has made in a run's working directory. Every function that reads a file throws an Error
 * naming it, and the stage to run, where it does not exist.
 */
export interface ComparisonResults {
  /** The tables. */
  readonly tables: Comparison;
  /** Semantic labels of a training image that networks were trained on. */
  labels(id: string, source: LabelSource): Promise<LabelMap>;
  /** What DeepLab, trained on labels of the source, predicts for a validation image. */
  deepLab(id: string, source: LabelSource): Promise<LabelMap>;
  /** What Mask R-CNN, trained on masks of the source, finds in a validation image. */
  maskRcnn(id: string, source: MaskSource): Promise<PredictedMasks>;
  /** What was counted on an image, by the names of makers that the tables have. */
  measurement(id: string): Promise<{ readonly train: ComparisonMeasurement; readonly val: ComparisonMeasurement }>;
  /** What a training stage, such as `deeplab_irnet_train`, logged; its title is that name. */
  training(stage: string): Promise<TrainingLog>;
}

/**
 * Opens what `compare` has made; it runs nothing.
 *
 * @param config The configuration of the run.
 * @param workdir Its working directory.
 * @returns Tables, and functions that read the files of the stages; `null` where the comparison has not been made.
 * @throws Error if the data set cannot be opened.
 * @example
 * ```ts ignore
 * import { loadConfig } from "@irnet/irnet/config";
 * import { openComparison } from "@irnet/irnet/results";
 * const comparison = await openComparison(loadConfig({ preset: "sample" }), "out/sample");
 * console.log(comparison?.tables.deepLab.rows["IRNet"]?.miou);
 * ```
 */
export async function openComparison(config: Config, workdir: string): Promise<ComparisonResults | null> {
  const files = new Store(workdir), text = await files.read("compare", "metrics.json");
  if (!text) return null;
  const dataset = await openDataset(config.data);
  const context = { config, dataset, files, signal: new AbortController().signal, progress: () => {} };
  const readJson = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
  return {
    tables: readJson(text),
    labels: (id, source) => readLabels(context, id, source),
    deepLab: async (id, source) => {
      const stage = `deeplab_${source}`, file = `${id}.png`;
      return decodePng(await files.require(stage, file), files.path(stage, file));
    },
    maskRcnn: async (id, source) =>
      await readInstances(context, id, await dataset.readImage(id), `mask_rcnn_${source}`),
    measurement: async (id) => readJson(await files.require("compare_measure", `${id}.json`)),
    training: (stage) => readTrainingLog(context, { stage, title: stage }),
  };
}
