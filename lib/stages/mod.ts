/**
 * The stages of IRNet, one file each: what it reads, its settings, its work.
 * @module
 */
import type { Config } from "../config/config.ts";
import type { Stage } from "../run/stage.ts";
import type { BackendReport } from "../tensor/backend.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ResultsCommand } from "../results/describe_results.ts";
import type { Expectations } from "./expectations.ts";
import { evaluate } from "./evaluation.ts";
import { extractCams } from "./cam.ts";
import { inferIrnetStage } from "./irnet.ts";
import { labelRelations } from "./relation.ts";
import { measureImages } from "./measure.ts";
import { synthesizeInstanceMasks, synthesizeSemanticMasks } from "./synthesize.ts";
import { trainBackbone } from "./backbone_train.ts";
import { trainCam } from "./cam_train.ts";
import { trainIrnetStage } from "./irnet_train.ts";

/** What a module must export to be run as a pipeline; workers import it again. */
export interface PipelineModule {
  /** The stages in the order in which they run. */
  readonly stages: readonly Stage[];
  /** Opens the data set they work on. */
  readonly openDataset: (data: Config["data"]) => Promise<Dataset>;
  /**
   * Makes the tensor library ready; called once, in the main thread, before the first stage that has something to do, and
   * in every Worker that is to use it.
   */
  readonly prepare?: (compute: Config["compute"]) => Promise<BackendReport>;
  /** Names of the stages that judge results, which the command `evaluate` runs. */
  readonly evaluationStages?: readonly string[];
  /** How to tell what stages need, for the estimates of a dry run. */
  readonly expectations?: Expectations;
  /** What a command shows in the end, after a run that came to the last of those. */
  readonly describeResults?: (command: ResultsCommand, workdir: string) => Promise<string>;
}

/** The stages of IRNet in the order in which they run. */
export const stages: readonly Stage[] = [
  trainBackbone,
  trainCam,
  extractCams,
  labelRelations,
  trainIrnetStage,
  inferIrnetStage,
  synthesizeInstanceMasks,
  synthesizeSemanticMasks,
  measureImages,
  evaluate,
];

/** Names of the stages that judge results. */
export const evaluationStages: readonly string[] = [measureImages.name, evaluate.name];

export type { Expectation, Expectations, Expecting, UsualImage, WorkPart } from "./expectations.ts";
export { expectations } from "./expectations.ts";
export { describeResults } from "../results/describe_results.ts";

/** Opens the data set that the configuration names. */
export async function openDataset(data: Config["data"]): Promise<Dataset> {
  const voc = await import("../data/mod.ts");
  return await voc.openDataset(data);
}

/** Makes the backend ready that the configuration asks for. */
export async function prepare({ backend, threads, precision }: Config["compute"]): Promise<BackendReport> {
  const { useBackend } = await import("../tensor/mod.ts");
  return await useBackend(backend, { threads, precision });
}
