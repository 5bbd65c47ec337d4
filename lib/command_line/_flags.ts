/** The flags of the command line. */
import type { Flag } from "../config/flags.ts";

/** Flags that choose the configuration. */
export const CONFIG_FLAGS = {
  preset: { value: "name", help: "paper (default), lite or sample" },
  config: { value: "file", help: "JSON file with any part of a configuration" },
  set: { value: "key=value", help: "changes one setting, such as walk.beta=8; may be repeated", repeats: true },
  "voc-root": { value: "folder", help: "folder with JPEGImages, ImageSets, …; short for --set data.root=…" },
  backend: { value: "name", help: "auto, tensorflow, webgpu, wasm or cpu; short for --set compute.backend=…" },
  precision: { value: "name", help: "auto, float32 or bfloat16, of TensorFlow; short for --set compute.precision=…" },
  seed: { value: "number", help: "seed of all randomness; short for --set seed=…" },
} satisfies Record<string, Flag>;

/** Flags that say where and how to run. */
export const RUN_FLAGS = {
  workdir: {
    value: "folder",
    help: "folder of all results, default out/<preset>; the same folder continues a run; short for --set workdir=…",
  },
  stages: { value: "a,b", help: "only these stages" },
  force: { help: "do everything again" },
  verify: { help: "compare contents, not times and sizes, to find out what is done" },
  limit: { value: "n", help: "only the first n images of every list, also for trainings: a quick try of a whole run" },
  shard: {
    value: "i/n",
    help: "every n-th image from the i-th on (from 0); auto/n: i from Slurm or Kubernetes; auto: Slurm array",
  },
  "on-bad-image": { value: "choice", help: "fail (default), or skip: list it in quarantine.jsonl and go on" },
  "dry-run": { help: "say what there is to do, and do nothing" },
} satisfies Record<string, Flag>;

/** Flags of commands that end with curves. */
export const CURVE_FLAGS = {
  show: { help: "afterwards show the curves in a browser window (nodeplotlib; needs --allow-net and --allow-run)" },
} satisfies Record<string, Flag>;

/** Flags of the figures. */
export const FIGURE_FLAGS = {
  ids: { value: "a,b", help: "the images, default the first one that has been through all stages" },
  out: { value: "folder", help: "folder to write, default figures in the working directory" },
} satisfies Record<string, Flag>;

/** Flags of the evaluation. */
export const EVALUATION_FLAGS = {
  list: { value: "name", help: "the images to judge: data.inferList and data.instanceList" },
  classes: { value: "a,b", help: "the classes that enter the means: evaluation.classes" },
  sweep: { value: "a,b|from:to:step", help: "thresholds: evaluation.camThresholds and evaluation.pseudoThresholds" },
} satisfies Record<string, Flag>;

/** Flags of all clusters. */
export const CLUSTER_FLAGS = {
  shards: { value: "n", help: "tasks that share the images of a stage, default 8" },
  cpus: { value: "n", help: "cores a task, also the threads and Workers of one" },
  memory: { value: "size", help: "memory a task, such as 8G" },
  name: { value: "name", help: "beginning of the jobs' names, default irnet" },
} satisfies Record<string, Flag>;

/** Flags of Slurm. */
export const SLURM_FLAGS = {
  partition: { value: "name", help: "partition of all jobs" },
  time: { value: "limit", help: "time limit of a task, such as 12:00:00" },
  line: { value: "option", help: "one more #SBATCH line: --line=--gres=gpu:1; may be repeated", repeats: true },
  "write-only": { help: "write the scripts and submit nothing" },
} satisfies Record<string, Flag>;

/** Flags of Kubernetes. */
export const KUBERNETES_FLAGS = {
  image: { value: "name", help: "container image with Deno, default denoland/deno" },
  claim: { value: "name", help: "volume claim with project, data set and working directory, default irnet" },
  mount: { value: "folder", help: "where the volume is mounted, so that all paths are those of here, default /work" },
} satisfies Record<string, Flag>;

/** Flags of the evaluation of what other programs predicted. */
export const PREDICTION_FLAGS = {
  predictions: {
    value: "path",
    help: "judge these in place of pseudo labels: COCO's results, or VOC's folder of PNGs",
  },
  truth: { value: "file", help: "with --predictions: true masks in COCO's format, default those of the data set" },
  out: { value: "file", help: "with --predictions: also write the scores as JSON" },
} satisfies Record<string, Flag>;

/** Flags of the export. */
export const EXPORT_FLAGS = {
  format: { value: "name", help: "coco (default), coco-results, voc or voc-server" },
  out: { value: "path", help: "file or folder to write, default below export in the working directory" },
  list: {
    value: "name",
    help:
      "the images, default data.inferList; with --true-masks data.valList, of Mask R-CNN downstream.valInstanceList",
  },
  stage: { value: "name", help: "whose instances: instance (default), or mask_rcnn_irnet, mask_rcnn_truth of compare" },
  score: {
    value: "0…1",
    help: "leave out instances of a lower score; of score 0 are fragments, which only coco-results keeps",
  },
  "true-masks": { help: "write the data set's true masks instead, to judge other programs with" },
  predictions: { value: "folder", help: "for voc-server: label maps of any program, default semantic in the workdir" },
  competition: { value: "name", help: "for voc-server: comp6 (default), or comp5 if only VOC's data was used" },
} satisfies Record<string, Flag>;

/** Flags of the comparison. */
export const COMPARE_FLAGS = {
  out: { value: "folder", help: "where the tables are written, default out/compare" },
} satisfies Record<string, Flag>;

/** Flags of the look at a folder. */
export const INIT_FLAGS = {
  labels: { value: "path", help: "JSON or CSV file, or folder of VOC's XML files, default the one in the folder" },
  classes: { value: "a,b", help: "all classes in the order of their ids in masks, default in alphabetical order" },
  weights: {
    value: "file",
    help: "ImageNet weights of the preset's backbone; without them it starts from random ones",
  },
  preset: { value: "name", help: "default lite with --weights, sample without" },
  out: { value: "file", help: "the configuration to write, default irnet.json in the folder" },
  force: { help: "overwrite it" },
} satisfies Record<string, Flag>;

/** Flags of every command. */
export const COMMON_FLAGS = {
  debug: { help: "show where an error comes from" },
  help: { help: "show this text" },
  version: { help: "show the version" },
} satisfies Record<string, Flag>;
