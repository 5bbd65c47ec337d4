import { resolve } from "node:path";
import {
  chainJobs,
  type ClusterRun,
  kubernetesFiles,
  type KubernetesOptions,
  slurmFiles,
  type SlurmOptions,
} from "../cluster/mod.ts";
import { checkPaths } from "../config/check_paths.ts";
import type { Config } from "../config/config.ts";
import { merge, type Part } from "../config/merge.ts";
import { UsageError } from "../config/usage_error.ts";
import { mapPaths } from "../config/user_path.ts";
import { replaceFile } from "../files/disk.ts";
import { stagesToRun } from "../run/run.ts";
import type { Invocation } from "./command.ts";
import { configOf, runOptions, STAGES } from "./run_stages.ts";

/** A kind of cluster, and what it alone is told. */
export type Cluster =
  | { readonly kind: "slurm"; readonly isStarted: boolean } & SlurmOptions
  | { readonly kind: "kubernetes" } & KubernetesOptions;

/** Flags of every job that are passed on as they are. */
const PASSED_ON = ["limit", "on-bad-image", "retrain"];

/**
 * Writes the files that run the pipeline on a cluster to `slurm` or `kubernetes` below the working directory: the
 * configuration, a file for each job, and a script that starts them. On Slurm it runs that script.
 *
 * @param invocation The command line: what the jobs run, and how the work is shared.
 * @param cluster What the cluster is told.
 * @returns What starts the jobs, where it is left to the user.
 * @throws UsageError if a flag has a wrong value, a stage does not exist, or the data set lacks a list.
 * @throws Error if Slurm does not take the jobs.
 */
export async function submit(invocation: Invocation, cluster: Cluster): Promise<string | void> {
  const { given, config, workdir } = invocation, options = runOptions(invocation);
  checkPaths(config);
  const { shards, ...share } = shareOf(invocation);
  const used = invocation.module === STAGES ? await configOf(options.stages ?? [], config) : config;
  const jobs = chainJobs(await stagesToRun(used, { ...options, keeps: config }), shards);
  const folder = resolve(workdir, cluster.kind);
  const all: ClusterRun = {
    ...share,
    folder,
    project: resolve(new URL("../..", import.meta.url).pathname),
    deno: Deno.execPath(),
    args: [
      ...["--config", resolve(folder, "config.json"), "--workdir", resolve(workdir)],
      ...PASSED_ON.flatMap((flag) => given.has(flag) ? [`--${flag}`, given.value(flag)!].filter(Boolean) : []),
    ],
  };
  const files = {
    "config.json": `${JSON.stringify(forJobs(config, share.cpus), null, 2)}\n`,
    ...(cluster.kind === "slurm" ? slurmFiles(jobs, { ...all, ...cluster }) : {}),
    ...(cluster.kind === "kubernetes" ? kubernetesFiles(jobs, { ...all, ...cluster }) : {}),
  };
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const path = resolve(folder, name);
    await replaceFile(path, new TextEncoder().encode(text), { temporary: `${path}.tmp` });
  }
  const script = resolve(folder, cluster.kind === "slurm" ? "submit.sh" : "apply.sh");
  if (cluster.kind === "kubernetes" || !cluster.isStarted) {
    return `Wrote ${jobs.length} jobs; this starts them: bash ${script}`;
  }
  const { success } = await new Deno.Command("bash", { args: [script], stdout: "inherit", stderr: "inherit" }).output();
  if (!success) throw new Error(`Expected Slurm to take all jobs of ${script} but it did not`);
}

/** How the work is shared among tasks, and what a task gets. */
function shareOf({ given }: Invocation): Pick<ClusterRun, "name" | "cpus" | "memory"> & { shards: number } {
  const memory = given.value("memory") ?? null, name = given.value("name")!;
  const cpus = given.count("cpus") ?? null, shards = given.count("shards")!;
  if (memory !== null && !/^[1-9]\d*[MG]$/.test(memory)) {
    throw new UsageError(`Expected a size such as 8G or 500M for --memory but found ${memory}`);
  }
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new UsageError(`Expected small letters, digits and hyphens for --name but found ${name}`);
  }
  return { name, cpus, memory, shards };
}

/** The configuration with whole paths, and as many threads and Workers as a task has cores. */
function forJobs(config: Config, cpus: number | null): Config {
  const { threads, workers } = config.compute;
  const compute = { threads: threads || (cpus ?? 0), workers: workers || (cpus ?? 0) };
  return mapPaths(merge(config, { compute } as Part<Config>), (path) => resolve(path));
}
