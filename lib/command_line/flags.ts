/** Flags that several commands share. */
import type { Flags } from "../config/flags.ts";

/** Flags that choose the configuration. */
export const CONFIG_FLAGS = {
  preset: { value: "name", help: "paper (default), lite or sample" },
  config: { value: "file", help: "JSON file with any part of a configuration", path: "reads" },
  set: {
    value: "key=value",
    help: "changes one setting, such as walk.beta=8; may be repeated; config --help lists them",
    repeats: true,
  },
  "voc-root": {
    value: "folder",
    help: "folder with JPEGImages, ImageSets, …; short for --set data.root=…",
    sets: ["data.root"],
    path: "uses",
  },
  backend: {
    value: "name",
    help: "auto, tensorflow, webgpu, wasm or cpu; short for --set compute.backend=…",
    sets: ["compute.backend"],
  },
  precision: {
    value: "name",
    help: "auto, float32 or bfloat16, of TensorFlow; short for --set compute.precision=…",
    sets: ["compute.precision"],
  },
  seed: { value: "number", help: "seed of all randomness; short for --set seed=…", sets: ["seed"] },
} satisfies Flags;

/** Flags that say where and how to run. */
export const RUN_FLAGS = {
  workdir: {
    value: "folder",
    help: "folder of all results, default out/<preset>; the same folder continues a run; short for --set workdir=…",
    path: "uses",
  },
  stages: { value: "a,b", help: "only these stages" },
  force: { help: "do everything again" },
  retrain: { help: "train again where other settings throw away a training that took over a minute" },
  verify: { help: "compare contents, not times and sizes, to find out what is done" },
  limit: { value: "n", help: "only the first n images of every list, also for trainings: a quick try of a whole run" },
  shard: {
    value: "i/n",
    help: "every n-th image from the i-th on (from 0); auto/n: i from Slurm or Kubernetes; auto: Slurm array",
  },
  "on-bad-image": {
    value: "choice",
    help: "fail (default), or skip: list it in quarantine.jsonl and go on",
  },
  "dry-run": { help: "say what there is to do, and do nothing" },
} satisfies Flags;

/** Some flags without others. */
export function without<F extends Flags, K extends keyof F>(flags: F, ...names: readonly K[]): Omit<F, K> {
  return Object.fromEntries(Object.entries(flags).filter(([name]) => !names.includes(name as K))) as Omit<F, K>;
}

/** Flags of commands that end with curves. */
export const CURVE_FLAGS = {
  show: { help: "afterwards show the curves in a browser window (nodeplotlib; needs --allow-net and --allow-run)" },
} satisfies Flags;

/** Flags of commands that judge. */
export const EVALUATION_FLAGS = {
  list: {
    value: "name",
    help: "the images to judge: data.inferList and data.instanceList",
    sets: ["data.inferList", "data.instanceList"],
  },
  classes: {
    value: "a,b",
    help: "the classes that enter the means: evaluation.classes",
    sets: ["evaluation.classes"],
  },
  sweep: {
    value: "a,b|from:to:step",
    help: "thresholds: evaluation.camThresholds and evaluation.pseudoThresholds; also by power of CAMs",
    sets: ["evaluation.camThresholds", "evaluation.pseudoThresholds"],
  },
  powers: {
    value: "a,b|from:to:step",
    help: "powers of CAMs: evaluation.camPowers; sweeps them and the thresholds, and judges nothing else",
    sets: ["evaluation.camPowers"],
  },
} satisfies Flags;

/** Flags of all clusters. */
export const CLUSTER_FLAGS = {
  shards: { value: "n", help: "tasks that share the images of a stage, default 8", default: "8" },
  cpus: { value: "n", help: "cores a task, also the threads and Workers of one" },
  memory: { value: "size", help: "memory a task, such as 8G" },
  name: { value: "name", help: "beginning of the jobs' names, default irnet", default: "irnet" },
} satisfies Flags;

/** Flags of runs that jobs of a cluster do. */
export const JOB_FLAGS = without(RUN_FLAGS, "dry-run", "shard", "force", "verify");

/** Flags of every command. */
export const COMMON_FLAGS = {
  debug: { help: "show where an error comes from" },
  help: { help: "show this text" },
  version: { help: "show the version" },
} satisfies Flags;
