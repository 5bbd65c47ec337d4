import type { Config } from "../config/config.ts";
import type { PredictedMasks } from "../evaluation/mod.ts";
import type { TrainingLog } from "../figures/mod.ts";
import { type LabelMap, openDataset } from "../data/mod.ts";
import { Store } from "../run/store.ts";
import { type Comparison, readComparison } from "../stages/downstream/compare.ts";
import { type ComparisonParts, readComparisonMeasurement } from "../stages/downstream/compare_measure.ts";
import { readPredictedLabels } from "../stages/downstream/deeplab.ts";
import {
  LABEL_SOURCES,
  type LabelSource,
  MASK_SOURCES,
  type MaskSource,
  readLabels,
  SOURCE_NAMES,
} from "../stages/downstream/sources.ts";
import { readTrainingLog } from "../stages/evaluation.ts";
import { readInstances } from "../stages/instance.ts";

export {
  type Comparison,
  type ComparisonParts,
  LABEL_SOURCES,
  type LabelSource,
  MASK_SOURCES,
  type MaskSource,
  SOURCE_NAMES,
};

/**
 * Results of the command `compare` in a run's working directory. Every function that reads a file throws an Error
 * naming it, and the stage to run, where it does not exist.
 */
export interface ComparisonResults {
  /** The tables. */
  readonly tables: Comparison;
  /** Semantic labels of a training image that networks were trained on. */
  labels(id: string, source: LabelSource): Promise<LabelMap>;
  /** Labels that DeepLab, trained on those of the source, predicts for a validation image. */
  deepLab(id: string, source: LabelSource): Promise<LabelMap>;
  /** Instances that Mask R-CNN, trained on masks of the source, finds in a validation image. */
  maskRcnn(id: string, source: MaskSource): Promise<PredictedMasks>;
  /** Counts on an image, by the names that tables give to sources. */
  measurement(id: string): Promise<ComparisonParts>;
  /** Log of a training stage such as `deeplab_irnet_train`; its title is that name. */
  training(stage: string): Promise<TrainingLog>;
}

/**
 * Opens the results of `compare`; it runs nothing.
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
  const files = new Store(workdir);
  if (!await files.read("compare", "metrics.json")) return null;
  const dataset = await openDataset(config.data);
  const context = { config, dataset, files, signal: new AbortController().signal, progress: () => {} };
  return {
    tables: await readComparison(files),
    labels: (id, source) => readLabels(context, id, { source }),
    deepLab: (id, source) => readPredictedLabels(files, id, { source }),
    maskRcnn: async (id, source) =>
      await readInstances(files, id, { size: (await dataset.imageSize(id)).full, stage: `mask_rcnn_${source}` }),
    measurement: (id) => readComparisonMeasurement(files, id),
    training: (stage) => readTrainingLog(files, { stage, title: stage }),
  };
}
