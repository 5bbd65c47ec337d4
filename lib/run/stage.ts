/**
 * The contract between the engine and its stages. A stage owns its work on one image, or its training; the engine owns
 * loops, files, resume, Workers and progress.
 * @module
 */
import type { Config } from "../config/config.ts";
import type { Dataset } from "../data/dataset.ts";
import type { TeachingDoubts } from "../data/teaching.ts";
import type { BackendReport } from "../tensor/backend.ts";

/** Files of a stage by name, ready to be written. */
export type Artifact = Record<string, Uint8Array>;

/** Read and write access to the files of stages below the working directory. */
export interface StageFiles {
  /** Contents of one file, or `null` where it does not exist. */
  read(stage: string, file: string): Promise<Uint8Array | null>;
  /** Contents of one file. @throws Error naming the file and the stage to run where it does not exist. */
  require(stage: string, file: string): Promise<Uint8Array>;
  /** Writes a file through a temporary name in the same folder, then renames it. */
  write(stage: string, file: string, bytes: Uint8Array): Promise<void>;
  /** Adds one JSON line to a log that resuming may truncate. */
  appendLog(stage: string, file: string, entry: unknown): Promise<void>;
  /** Absolute path of a file. */
  path(stage: string, file: string): string;
}

/** All that a stage may use. */
export interface StageContext {
  /** The configuration. */
  readonly config: Config;
  /** The images and what is known about them. */
  readonly dataset: Dataset;
  /** The files that this and other stages have written. */
  readonly files: StageFiles;
  /** Aborted on interrupt; training stops after the current step, with a checkpoint. */
  readonly signal: AbortSignal;
  /** Reports progress of a training: steps done of all, and a short note such as the loss. */
  progress(done: number, total: number, note?: string): void;
}

/** Common part of both kinds of stages. */
export interface StageBase {
  /** Name and folder of the stage. */
  readonly name: string;
  /** Title of the paper's section. */
  readonly section: string;
  /** Stages whose files it reads. */
  readonly reads: readonly string[];
  /** The part of the configuration that must be unchanged for a result to count as done. */
  settings(config: Config): unknown;
  /** True where the configuration asks for it; absent: always. */
  enabled?(config: Config): boolean;
  /**
   * Paths of files that do not belong to the data set or the working directory and that it reads for an image, or, as a
   * whole stage, at all: when one changes, that is done again. Of a whole stage contents count, of an image size and
   * time. A path need not exist. Absent: none.
   */
  readsOutside?(config: Config, id: string): readonly string[];
  /**
   * Looks at what the configuration gives it from outside, before any stage runs, also in a dry run. Returns a note for
   * the user, or `null`. Absent: there is nothing to look at.
   * @throws UsageError where it does not fit.
   */
  check?(config: Config): Promise<string | null>;
  /** True where its results do not depend on labels: when these change, they are still done. */
  readonly ignoresLabels?: true;
  /** True where it reads ground truth: when that changes, it is done again. */
  readonly readsMasks?: boolean;
  /** Runs only where it is named, not with all others. */
  readonly onlyNamed?: boolean;
  /** Its needs, for the estimates of a dry run; absent: nothing worth telling. */
  readonly cost?: CostModel;
}

/** Tells what a stage will need. */
export interface CostModel {
  /** Settings that what was measured with others says nothing about; crops, batches, images and cores are no such. */
  settings(config: Config): unknown;
  /** Names of other stages that do the same, on other labels. */
  readonly likeStages?: readonly string[];
  /** Needs for all its work. */
  estimate(context: StageContext, image: UsualImage): StageCost;
}

/** Time, memory and disk that a stage needs. */
export interface StageCost {
  /** Parts of its work, in their order: images; or steps of a training, and images that it looks at before or afterwards. */
  readonly parts: readonly WorkPart[];
  /** Bytes it leaves on the disk for each image, or, of a stage that works on the data set as a whole, in all. */
  readonly bytes: number;
  /** Bytes of memory at its peak. */
  readonly memory: number;
}

/** A part of the work of a stage. */
export interface WorkPart {
  /** The thing counted. */
  readonly unit: "steps" | "images";
  /** Number of units. */
  readonly count: number;
  /** Seconds each takes where nothing was measured: about as on two cores of a server of 2023. */
  readonly seconds: number;
}

/** A usual image of the data set, and the backend that works on it. */
export interface UsualImage {
  /** Rows times columns as stages see it, in millions. */
  readonly megapixels: number;
  /** Rows times columns of its file, in millions. */
  readonly full: number;
  /** Longer side of the largest, as stages see it, pixels. */
  readonly longest: number;
  /** Classes that are in it. */
  readonly classes: number;
  /** Name of the tensor library. */
  readonly backend: string;
}

/** A stage that maps over images. */
export interface ImageStage extends StageBase {
  /** Tells it from {@linkcode WholeStage}. */
  readonly kind: "image";
  /**
   * `main`: needs the tensor library, and runs in the main thread unless that computes on one core alone, as `wasm` does:
   * then in Workers that have one each. `worker`: runs in a pool of Workers.
   */
  readonly runs: "main" | "worker";
  /** The images it works on. */
  ids(context: StageContext): string[];
  /** Loads the common things of all images (networks, path indices). */
  open(context: StageContext): ImageProcessor | Promise<ImageProcessor>;
}

/** An opened {@linkcode ImageStage}. */
export interface ImageProcessor {
  /** The files of one image. */
  process(id: string): Promise<Artifact>;
  /** Frees tensors; absent: there are none. */
  close?(): void;
}

/** A stage that works on the data set as a whole: training, evaluation, export. Writes its own files. */
export interface WholeStage extends StageBase {
  /** Tells it from {@linkcode ImageStage}. */
  readonly kind: "whole";
  /** What its images and their labels may not be good for; absent: nothing is known. Named before its work begins. */
  doubts?(context: StageContext): TeachingDoubts;
  /** The images whose files and labels it reads: when these change, it is done again. Absent: none. */
  ids?(context: StageContext): string[];
  /**
   * Does the work. Files named `state.…` are checkpoints: what it finds there was made with the same settings from the
   * same inputs, so it may continue; otherwise the engine has removed them. A run that ends without an error, and
   * without an interrupt, is done, and the files it wrote are its results.
   */
  run(context: StageContext): Promise<void>;
}

/** Any stage. */
export type Stage = ImageStage | WholeStage;

/** All stages that a run may go through, as a module that Workers import again. */
export interface StageModule {
  /** The stages in the order in which they run. */
  readonly stages: readonly Stage[];
  /** Opens images of a kind of its own; absent: those that the configuration names. */
  readonly openDataset?: (data: Config["data"]) => Promise<Dataset>;
  /** Makes another tensor library ready; `null`: the stages use none. Absent: the backend of the configuration. */
  readonly prepare?: ((compute: Config["compute"]) => Promise<BackendReport>) | null;
}
