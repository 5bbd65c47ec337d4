import type { CamArchive, CamNetwork } from "../cam/mod.ts";
import type { Config } from "../config/config.ts";
import type { Measurement, Metrics, PredictedMasks } from "../evaluation/mod.ts";
import type { TrainingLog } from "../figures/mod.ts";
import type { Irnet, IrnetMaps } from "../irnet/mod.ts";
import type { Backbone } from "../nn/mod.ts";
import type { Evidence } from "../synthesis/mod.ts";
import type { Dataset, LabelMap } from "../data/mod.ts";
import { decodePng } from "../files/png.ts";
import type { Params } from "../weights/mod.ts";
import { resultIds } from "./result_ids.ts";
import { openDataset, prepare } from "../stages/mod.ts";
import { readCams } from "../stages/_cams.ts";
import { readEvidence, readMaps } from "../stages/_evidence.ts";
import { readInstances } from "../stages/_instances.ts";
import { camNetwork, irnetNetwork, untrainedIrnet } from "../stages/_networks.ts";
import { trainingLogs } from "../stages/_training_logs.ts";
import { Store } from "../run/store.ts";

/**
 * What a run has made, as the values that the library's functions take and return. Every function that reads a file
 * throws an Error naming it, and the stage to run, where it does not exist.
 */
export interface Results {
  /** The configuration of the run. */
  readonly config: Config;
  /** Its images. */
  readonly dataset: Dataset;
  /** Images that all of these stages have made files for, in the order of the lists, training images first. */
  ids(...stages: readonly string[]): Promise<string[]>;
  /** Class attention maps of an image. */
  cams(id: string): Promise<CamArchive>;
  /** Confident labels of a training image: 0 background, 1… classes, 255 uncertain. */
  relation(id: string): Promise<LabelMap>;
  /** Boundary map and displacement field of an image. */
  maps(id: string): Promise<IrnetMaps>;
  /** What synthesis knows of an image. */
  evidence(id: string): Promise<Evidence>;
  /** Pseudo instances of an image. */
  instances(id: string): Promise<PredictedMasks>;
  /** Pseudo semantic labels of an image. */
  semantic(id: string): Promise<LabelMap>;
  /** What evaluation counted on an image. */
  measurement(id: string): Promise<Measurement>;
  /** All results, in percent. */
  metrics(): Promise<Metrics>;
  /** What the trainings logged. */
  trainings(): Promise<TrainingLog[]>;
  /** The trained classifier, on the run's backend. */
  camNetwork(): Promise<CamNetwork>;
  /** The trained IRNet, on the run's backend. */
  irnet(): Promise<Irnet>;
  /** IRNet before its training, on the run's backend: the backbone's weights, and both branches at random. */
  untrainedIrnet(): Promise<{ backbone: Backbone; params: Params }>;
}

/**
 * Opens what a run has made; it runs nothing.
 *
 * @param config The configuration of the run.
 * @param workdir Its working directory.
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
export async function openResults(config: Config, workdir: string): Promise<Results> {
  const files = new Store(workdir), dataset = await openDataset(config.data);
  const context = {
    config,
    dataset,
    files,
    signal: new AbortController().signal,
    progress: () => {},
  };
  const readJson = async (stage: string, file: string) =>
    JSON.parse(new TextDecoder().decode(await files.require(stage, file)));
  const readLabels = async (stage: string, id: string) =>
    decodePng(await files.require(stage, `${id}.png`), files.path(stage, `${id}.png`));
  const onBackend = async <T>(open: (from: typeof context) => Promise<T>) => {
    await prepare(config.compute);
    return await open(context);
  };

  return {
    config,
    dataset,
    ids: async (...stages) => {
      const found = await Promise.all(stages.map((stage) => resultIds(files.path(stage, "."))));
      const listed = [...dataset.list(config.data.trainList), ...dataset.list(config.data.inferList)];
      return [...new Set(listed)].filter((id) => found.every((ids) => ids.has(id)));
    },
    cams: (id) => readCams(context, id),
    relation: (id) => readLabels("relation", id),
    maps: (id) => readMaps(context, id),
    evidence: async (id) => (await readEvidence(context, id)).evidence,
    instances: async (id) => await readInstances(context, id, await dataset.readImage(id)),
    semantic: (id) => readLabels("semantic", id),
    measurement: (id) => readJson("measure", `${id}.json`),
    metrics: () => readJson("evaluation", "metrics.json"),
    trainings: () => trainingLogs(context),
    camNetwork: () => onBackend(camNetwork),
    irnet: () => onBackend(irnetNetwork),
    untrainedIrnet: () => onBackend(untrainedIrnet),
  };
}
