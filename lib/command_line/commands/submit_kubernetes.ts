import type { Command } from "../command.ts";
import { CLUSTER_FLAGS, COMMON_FLAGS, CONFIG_FLAGS, JOB_FLAGS } from "../flags.ts";
import { runPermissions } from "../run_stages.ts";

export const submitKubernetes: Command = {
  usage: "[flags]",
  help: "Writes the pipeline as Jobs of Kubernetes, and a script that applies them one after the other.",
  flags: {
    ...CLUSTER_FLAGS,
    image: { value: "name", help: "container image with Deno, default denoland/deno", default: "denoland/deno" },
    claim: {
      value: "name",
      help: "volume claim with project, data set and working directory, default irnet",
      default: "irnet",
    },
    mount: {
      value: "folder",
      help: "where the volume is mounted, so that all paths are those of here, default /work",
      default: "/work",
    },
    ...CONFIG_FLAGS,
    ...JOB_FLAGS,
    ...COMMON_FLAGS,
  },
  permissions: runPermissions,
  run: async (invocation) => {
    const { given } = invocation;
    const { submit } = await import("../submit.ts");
    return await submit(invocation, {
      kind: "kubernetes",
      image: given.value("image")!,
      claim: given.value("claim")!,
      mount: given.value("mount")!,
    });
  },
};
