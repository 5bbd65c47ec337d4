import { resolve } from "node:path";
import {
  chainJobs,
  type ClusterRun,
  kubernetesFiles,
  type KubernetesOptions,
  slurmFiles,
  type SlurmOptions,
} from "../cluster/mod.ts";
import type { Config } from "../config/config.ts";
import { replaceFile, statIfExists } from "../files/disk.ts";
import { type RunOptions, stagesToRun } from "../run/run.ts";

/** Options of {@linkcode submit}. */
export interface SubmitOptions extends Pick<ClusterRun, "name" | "cpus" | "memory"> {
  /** What the jobs run, and where. */
  readonly run: Pick<RunOptions, "workdir" | "stages" | "module">;
  /** Flags of every job that are passed on as they are. */
  readonly flags: readonly string[];
  /** Number of tasks that share the images of a stage. */
  readonly shards: number;
  /** Starts nothing. */
  readonly writeOnly: boolean;
  /** The cluster, and what it alone is told. */
  readonly cluster: { kind: "slurm" } & SlurmOptions | { kind: "kubernetes" } & KubernetesOptions;
}

/**
 * Writes the files that run the pipeline on a cluster to `slurm` or `kubernetes` below the working directory: the
 * configuration, a file for each job, and a script that starts them. On Slurm it runs that script.
 *
 * @param config The configuration.
 * @param options How the work is shared, and what the cluster is told.
 * @throws UsageError if a stage does not exist, or if the data set lacks a list.
 * @throws Error if Slurm does not take the jobs.
 */
export async function submit(config: Config, options: SubmitOptions): Promise<void> {
  const { run, cluster, cpus } = options;
  const jobs = chainJobs(await stagesToRun(config, run), options.shards);
  const workdir = resolve(run.workdir), folder = resolve(workdir, cluster.kind);
  const all: ClusterRun = {
    ...options,
    folder,
    project: resolve(new URL("../..", import.meta.url).pathname),
    deno: Deno.execPath(),
    args: ["--config", resolve(folder, "config.json"), "--workdir", workdir, ...options.flags],
  };
  const files = {
    "config.json": `${JSON.stringify(await forJobs(config, cpus), null, 2)}\n`,
    ...(cluster.kind === "slurm" ? slurmFiles(jobs, { ...all, ...cluster }) : {}),
    ...(cluster.kind === "kubernetes" ? kubernetesFiles(jobs, { ...all, ...cluster }) : {}),
  };
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = resolve(folder, name);
    await replaceFile(path, new TextEncoder().encode(text));
  }
  const script = resolve(folder, cluster.kind === "slurm" ? "submit.sh" : "apply.sh");
  if (cluster.kind === "kubernetes" || options.writeOnly) {
    return console.log(`Wrote ${jobs.length} jobs; this starts them: bash ${script}`);
  }
  const { success } = await new Deno.Command("bash", { args: [script], stdout: "inherit", stderr: "inherit" }).output();
  if (!success) throw new Error(`Expected Slurm to take all jobs of ${script} but it did not`);
}

/** The configuration with whole paths, and as many threads and Workers as a task has cores. */
async function forJobs(config: Config, cpus: number | null): Promise<Config> {
  const { data, backbone, cam, irnet, compute } = config;
  const path = <T extends string | null>(value: T) => (value === null ? value : resolve(value)) as T;
  const list = async <T extends string | null>(value: T) => {
    return value !== null && /[/\\.]/.test(value) && await statIfExists(value) ? path(value) : value;
  };
  return {
    ...config,
    data: {
      ...data,
      root: path(data.root),
      labels: path(data.labels),
      trainList: await list(data.trainList),
      classifierList: await list(data.classifierList),
      valList: await list(data.valList),
      inferList: await list(data.inferList),
      instanceList: await list(data.instanceList),
      meanDisplacementList: await list(data.meanDisplacementList),
    },
    backbone: { ...backbone, weights: path(backbone.weights) },
    cam: { ...cam, weights: path(cam.weights), from: path(cam.from) },
    irnet: { ...irnet, weights: path(irnet.weights) },
    compute: { ...compute, threads: compute.threads || (cpus ?? 0), workers: compute.workers || (cpus ?? 0) },
  };
}
