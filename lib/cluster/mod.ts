/**
 * Runs the pipeline on a cluster: the files that Slurm and Kubernetes need.
 * @module
 */
export * from "./chain_jobs.ts";
export * from "./cluster_run.ts";
export * from "./kubernetes_files.ts";
export * from "./slurm_files.ts";
