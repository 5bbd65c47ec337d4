import { dirname } from "node:path";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";

export const dryRun: Command = {
  usage: "[flags]",
  help: "Says what run would do, and does nothing.",
  flags: { ...CONFIG_FLAGS, ...without(RUN_FLAGS, "dry-run"), ...COMMON_FLAGS },
  permissions: (invocation) => ({ ...runPermissions(invocation), read: [dirname(invocation.workdir)] }),
  run: (invocation) => runStages(invocation, { isDry: true }),
};
