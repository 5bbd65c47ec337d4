import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, CURVE_FLAGS, RUN_FLAGS } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";

export const run: Command = {
  usage: "[flags]",
  help: "Runs the pipeline: all stages in their order. What is done already is skipped. This is the default command.",
  flags: { ...CONFIG_FLAGS, ...RUN_FLAGS, ...CURVE_FLAGS, ...COMMON_FLAGS },
  permissions: runPermissions,
  run: (invocation) => runStages(invocation),
};
