import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS } from "../flags.ts";

export const config: Command = {
  usage: "[flags]",
  help: "Prints the configuration that the flags make, as JSON. Its keys are those of --set and --config.",
  flags: { ...CONFIG_FLAGS, ...COMMON_FLAGS },
  details: async () => (await import("../../config/settings_table.ts")).settingsTable(),
  run: ({ config }) => Promise.resolve(JSON.stringify(config, null, 2)),
};
