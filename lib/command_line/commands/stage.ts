import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";
import type { StageModule } from "../../run/stage.ts";

export const stage: Command = {
  usage: "<name> [flags]",
  help: "Runs one stage, also one of the comparison, on what the stages before it have made.",
  argument: "the name of a stage",
  flags: { ...CONFIG_FLAGS, ...without(RUN_FLAGS, "stages"), ...COMMON_FLAGS },
  details: async (module) => {
    const { stages }: StageModule = await import(module);
    const longest = Math.max(...stages.map(({ name }) => name.length));
    return `Stages\n${stages.map(({ name, section }) => `  ${name.padEnd(longest + 2)}${section}`).join("\n")}`;
  },
  permissions: runPermissions,
  run: (invocation) => runStages(invocation, { stages: invocation.given.positionals }),
};
