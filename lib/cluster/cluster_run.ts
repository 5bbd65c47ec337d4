import type { Job } from "./chain_jobs.ts";

/** Settings that all jobs of a run have. */
export interface ClusterRun {
  /** Name that tells the run from others on the cluster; the jobs' names begin with it. */
  readonly name: string;
  /** Path of the folder that the jobs' files are written to. */
  readonly folder: string;
  /** Path of this project. */
  readonly project: string;
  /** Path of the Deno that the jobs run. */
  readonly deno: string;
  /** Arguments of the task `pipeline`, those that every job has: configuration and working directory. */
  readonly args: readonly string[];
  /** Cores a task; `null`: whatever the cluster gives. */
  readonly cpus: number | null;
  /** Memory a task, such as `8G`; `null`: whatever the cluster gives. */
  readonly memory: string | null;
}

/** The command of a job's task, word by word. */
export function taskCommand(job: Job, { deno, project, args }: ClusterRun): string[] {
  const shard = job.shards > 1 ? ["--shard", `auto/${job.shards}`] : [];
  return [deno, "task", "--quiet", "--cwd", project, "pipeline", ...args, "--stages", job.stages.join(), ...shard];
}
