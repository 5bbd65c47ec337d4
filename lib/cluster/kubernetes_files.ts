import type { Job } from "./chain_jobs.ts";
import { type ClusterRun, taskCommand } from "./cluster_run.ts";

/** Settings of Kubernetes beside {@linkcode ClusterRun}. */
export interface KubernetesOptions {
  /** Container image with Deno. */
  readonly image: string;
  /** Volume claim, one that many nodes may write, with the project, the data set and the working directory. */
  readonly claim: string;
  /** Where the volume is mounted, so that the paths are those of this machine. */
  readonly mount: string;
}

/**
 * The files that run jobs on Kubernetes: a manifest for each, where a stage over images is an indexed Job, and
 * `apply.sh`. Kubernetes has no dependencies between Jobs: the script applies one when the one before is complete.
 *
 * @returns Contents by file name.
 */
export function kubernetesFiles(jobs: readonly Job[], options: ClusterRun & KubernetesOptions): Record<string, string> {
  const manifests = jobs.map((job) => [`${job.name}.yaml`, manifest(job, options)]);
  return { ...Object.fromEntries(manifests), "apply.sh": apply(jobs, options) };
}

/** Lower case letters, digits and hyphens. */
function jobName(job: Job, { name }: ClusterRun): string {
  return `${name}-${job.name}`.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 52);
}

function manifest(job: Job, options: ClusterRun & KubernetesOptions): string {
  const { image, claim, mount, cpus, memory } = options;
  const text = JSON.stringify; // every JSON value is a YAML value
  const resources = { ...(cpus === null ? {} : { cpu: cpus }), ...(memory === null ? {} : { memory: `${memory}i` }) };
  const sharing = [
    "  completionMode: Indexed",
    `  completions: ${job.shards}`,
    `  parallelism: ${job.shards}`,
    "  backoffLimitPerIndex: 3",
  ];
  return [
    "apiVersion: batch/v1",
    "kind: Job",
    "metadata:",
    `  name: ${text(jobName(job, options))}`,
    "spec:",
    ...(job.shards > 1 ? sharing : ["  backoffLimit: 3"]),
    "  template:",
    "    spec:",
    "      restartPolicy: Never",
    "      containers:",
    "        - name: irnet",
    `          image: ${text(image)}`,
    `          command: ${text(taskCommand(job, { ...options, deno: "deno" }))}`,
    `          resources: ${text({ requests: resources, limits: resources })}`,
    "          volumeMounts:",
    "            - name: shared",
    `              mountPath: ${text(mount)}`,
    "      volumes:",
    "        - name: shared",
    "          persistentVolumeClaim:",
    `            claimName: ${text(claim)}`,
    "",
  ].join("\n");
}

function apply(jobs: readonly Job[], run: ClusterRun): string {
  return [
    "#!/bin/bash",
    "# Applies the Jobs one after the other. Started again, it goes on: what is done already, they skip.",
    'set -e; cd "$(dirname "$0")"',
    "run() { # name, manifest",
    '  kubectl delete job "$1" --ignore-not-found --wait',
    '  kubectl apply -f "$2"',
    "  while true; do",
    '    kubectl wait "job/$1" --for=condition=complete --timeout=30s 2>/dev/null && return',
    '    if kubectl wait "job/$1" --for=condition=failed --timeout=1s 2>/dev/null; then',
    '      echo "Expected $1 to succeed; kubectl logs job/$1 says why it failed" >&2; exit 1',
    "    fi",
    "  done",
    "}",
    ...jobs.map((job) => `run ${jobName(job, run)} ${job.name}.yaml`),
    "",
  ].join("\n");
}
