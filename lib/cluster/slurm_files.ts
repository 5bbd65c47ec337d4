import type { Job } from "./chain_jobs.ts";
import { type ClusterRun, taskCommand } from "./cluster_run.ts";

/** Settings of Slurm beside {@linkcode ClusterRun}. */
export interface SlurmOptions {
  /** Partition; `null`: the default one. */
  readonly partition: string | null;
  /** Time limit of a task, such as `12:00:00`; `null`: that of the partition. */
  readonly time: string | null;
  /** More options of `sbatch`, such as `--gres=gpu:1`. */
  readonly lines: readonly string[];
}

/**
 * The files that run jobs on Slurm: a script for each, and `submit.sh`, which submits them. A job starts when the one
 * before has succeeded; the array of a stage is one job. A task whose node fails is started again by Slurm.
 *
 * @returns Contents by file name.
 */
export function slurmFiles(jobs: readonly Job[], options: ClusterRun & SlurmOptions): Record<string, string> {
  const scripts = jobs.map((job) => [scriptName(job), script(job, options)]);
  return { ...Object.fromEntries(scripts), "submit.sh": submit(jobs) };
}

function scriptName({ name }: Job): string {
  return `${name}.sh`;
}

function script(job: Job, options: ClusterRun & SlurmOptions): string {
  const { name, folder, cpus, memory, partition, time, lines } = options;
  const isArray = job.shards > 1;
  const settings = [
    `--job-name=${name}-${job.name}`,
    ...(isArray ? [`--array=0-${job.shards - 1}`] : []),
    `--output=${quote(`${folder}/${job.name}${isArray ? "-%a" : ""}.log`)}`,
    "--open-mode=append",
    "--requeue",
    ...(cpus === null ? [] : [`--cpus-per-task=${cpus}`]),
    ...(memory === null ? [] : [`--mem=${memory}`]),
    ...(partition === null ? [] : [`--partition=${partition}`]),
    ...(time === null ? [] : [`--time=${time}`]),
    ...lines,
  ];
  return [
    "#!/bin/bash",
    ...settings.map((setting) => `#SBATCH ${setting}`),
    `exec ${taskCommand(job, options).map(quote).join(" ")}`,
    "",
  ].join("\n");
}

function submit(jobs: readonly Job[]): string {
  const lines = jobs.map((job, i) => {
    const after = i > 0 ? '--dependency=afterok:"${job%%;*}" --kill-on-invalid-dep=yes ' : "";
    return `job=$(sbatch --parsable ${after}${scriptName(job)}) && echo "${job.name} is job \${job%%;*}"`;
  });
  return [
    "#!/bin/bash",
    "# Submits the jobs, each to start when the one before has succeeded. What is done already, they skip.",
    'set -e; cd "$(dirname "$0")"',
    ...lines,
    "",
  ].join("\n");
}

/** A word as the shell reads it. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
