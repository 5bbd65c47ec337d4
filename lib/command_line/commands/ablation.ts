import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, CURVE_FLAGS, EVALUATION_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";

export const ablation: Command = {
  usage: "[flags]",
  help: "Runs what is not done yet and judges the method part by part, in one table.",
  flags: { ...EVALUATION_FLAGS, ...CONFIG_FLAGS, ...without(RUN_FLAGS, "stages"), ...CURVE_FLAGS, ...COMMON_FLAGS },
  permissions: runPermissions,
  run: (invocation) => runStages(invocation, { shows: "ablation" }),
};
