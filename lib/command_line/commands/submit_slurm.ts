import type { Command } from "../command.ts";
import { CLUSTER_FLAGS, COMMON_FLAGS, CONFIG_FLAGS, JOB_FLAGS } from "../flags.ts";
import { runPermissions } from "../run_stages.ts";

export const submitSlurm: Command = {
  usage: "[flags]",
  help: "Runs the pipeline as jobs of Slurm: an array for each stage over images, one job for every other.",
  flags: {
    ...CLUSTER_FLAGS,
    partition: { value: "name", help: "partition of all jobs" },
    time: { value: "limit", help: "time limit of a task, such as 12:00:00" },
    line: { value: "option", help: "one more #SBATCH line: --line=--gres=gpu:1; may be repeated", repeats: true },
    "write-only": { help: "write the scripts and submit nothing" },
    ...CONFIG_FLAGS,
    ...JOB_FLAGS,
    ...COMMON_FLAGS,
  },
  permissions: (invocation) => ({ ...runPermissions(invocation), run: ["bash"] }),
  run: async (invocation) => {
    const { given } = invocation;
    const { submit } = await import("../submit.ts");
    return await submit(invocation, {
      kind: "slurm",
      partition: given.value("partition") ?? null,
      time: given.value("time") ?? null,
      lines: given.values.get("line") ?? [],
      isStarted: !given.has("write-only"),
    });
  },
};
