import type { CamArchive, CamNetwork, ClassPrototypes } from "../cam/mod.ts";
import type { Config } from "../config/config.ts";
import type { Measurement, Metrics, PredictedMasks } from "../evaluation/mod.ts";
import type { TrainingLog } from "../figures/mod.ts";
import { isBookkeeping } from "../run/inputs.ts";
import type { Irnet, IrnetMaps } from "../irnet/mod.ts";
import type { Backbone } from "../nn/mod.ts";
import type { Evidence } from "../synthesis/mod.ts";
import { type Dataset, type LabelMap, openDataset } from "../data/mod.ts";
import type { Params } from "../weights/mod.ts";
import { useConfiguredBackend } from "../run/session.ts";
import { Store } from "../run/store.ts";
import { readCams } from "../stages/cam.ts";
import { camNetwork } from "../stages/cam_train.ts";
import { readMetrics, trainingLogs } from "../stages/evaluation.ts";
import { readEvidence, readInstances } from "../stages/instance.ts";
import { readIrnetMaps } from "../stages/irnet.ts";
import { irnetNetwork, untrainedIrnet } from "../stages/irnet_train.ts";
import { readMeasurement } from "../stages/measure.ts";
import { readPrototypes } from "../stages/prototypes.ts";
import { readSeed, readSeedLabels } from "../stages/seed.ts";
import { readSemantic } from "../stages/semantic.ts";

/**
 * Results of a run, as the values that the library's functions take and return. Every function that reads a file
 * throws an Error naming it, and the stage to run, where it does not exist.
 */
export interface Results {
  /** The configuration of the run. */
  readonly config: Config;
  /** Its images. */
  readonly dataset: Dataset;
  /**
   * Images that all of these stages have made files for, in the order of their list: that of the labels which the run
   * makes and judges, or where they have none of it, that of the training.
   */
  ids(...stages: readonly string[]): Promise<string[]>;
  /** Class attention maps of an image. */
  cams(id: string): Promise<CamArchive>;
  /** Class maps of an image that IRNet's labels are made of: its CAMs, or AMN's maps where these are used. */
  seed(id: string): Promise<CamArchive>;
  /** Confident labels of the seed of a training image: 0 background, 1… classes, 255 uncertain. */
  relation(id: string): Promise<LabelMap>;
  /** Boundary map and displacement field of an image. */
  maps(id: string): Promise<IrnetMaps>;
  /** CAMs and maps of an image, from which synthesis makes labels. */
  evidence(id: string): Promise<Evidence>;
  /** Pseudo instances of an image. */
  instances(id: string): Promise<PredictedMasks>;
  /** Pseudo semantic labels of an image. */
  semantic(id: string): Promise<LabelMap>;
  /** Counts of evaluation on an image. */
  measurement(id: string): Promise<Measurement>;
  /** All results, in percent. */
  metrics(): Promise<Metrics>;
  /** Logs of the trainings. */
  trainings(): Promise<TrainingLog[]>;
  /** The trained classifier, on the run's backend. */
  camNetwork(): Promise<CamNetwork>;
  /** The prototypes of every class, of a run with LPCAM's maps. */
  prototypes(): Promise<ClassPrototypes[]>;
  /** The trained IRNet, on the run's backend. */
  irnet(): Promise<Irnet>;
  /** IRNet before its training, on the run's backend: the backbone's weights, and both branches at random. */
  untrainedIrnet(): Promise<{ backbone: Backbone; params: Params }>;
}

/**
 * Opens the results of a run; it runs nothing.
 *
 * @param config The configuration of the run.
 * @param workdir Its working directory.
 * @param prepare Makes the tensor library ready for the networks; absent: with the run's backend.
 * @returns Functions that read the files of the stages.
 * @throws Error if the data set cannot be opened.
 * @example
 * ```ts ignore
 * import { loadConfig } from "@irnet/irnet/config";
 * import { openResults } from "@irnet/irnet/results";
 * const results = await openResults(loadConfig({ preset: "sample" }), "out/sample");
 * const { boundary } = await results.maps("val_0003");
 * ```
 */
export async function openResults(
  config: Config,
  workdir: string,
  prepare: (compute: Config["compute"]) => Promise<unknown> = useConfiguredBackend,
): Promise<Results> {
  const files = new Store(workdir), dataset = await openDataset(config.data);
  const context = {
    config,
    dataset,
    files,
    signal: new AbortController().signal,
    progress: () => {},
  };
  const onBackend = async <T>(open: (from: typeof context) => Promise<T>) => {
    await prepare(config.compute);
    return await open(context);
  };

  return {
    config,
    dataset,
    ids: async (...stages) => {
      const found = await Promise.all(stages.map((stage) => resultIds(files.path(stage, "."))));
      const idsOf = (list: string) => dataset.list(list).filter((id) => found.every((ids) => ids.has(id)));
      const judged = idsOf(config.data.inferList);
      return judged.length > 0 ? judged : idsOf(config.data.trainList);
    },
    cams: (id) => readCams(files, id),
    seed: (id) => readSeed(context, id),
    relation: (id) => readSeedLabels(context, id),
    maps: (id) => readIrnetMaps(files, id),
    evidence: async (id) => (await readEvidence(context, id)).evidence,
    instances: async (id) => await readInstances(files, id, { size: (await dataset.imageSize(id)).full }),
    semantic: (id) => readSemantic(files, id),
    measurement: (id) => readMeasurement(files, id),
    metrics: () => readMetrics(files),
    trainings: () => trainingLogs(files),
    camNetwork: () => onBackend(camNetwork),
    prototypes: () => readPrototypes(context),
    irnet: () => onBackend(irnetNetwork),
    untrainedIrnet: () => onBackend(untrainedIrnet),
  };
}

/**
 * Names of the result files in a stage's folder without their endings: images, or for stages that work on the data set as a whole
 * `weights`, `metrics` and the like.
 *
 * @param folder The stage's folder, which need not exist.
 */
export async function resultIds(folder: string): Promise<Set<string>> {
  const ids = new Set<string>();
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (isFile && !isBookkeeping(name)) ids.add(name.replace(/\.[^.]*$/, ""));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return ids;
}
