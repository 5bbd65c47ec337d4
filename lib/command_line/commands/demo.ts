import { makeSampleData, sampleFolders } from "../../data/sample/make_sample_data.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, CURVE_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";

export const demo: Command = {
  usage: "[flags]",
  help: "Makes the sample data set and runs the whole pipeline on it; results in out/sample.",
  flags: { ...without(CONFIG_FLAGS, "preset", "config"), ...RUN_FLAGS, ...CURVE_FLAGS, ...COMMON_FLAGS },
  preset: () => "sample",
  permissions: (invocation) => {
    const { config: { data }, workdir } = invocation;
    return { ...runPermissions(invocation), write: [workdir, ...sampleFolders(data.root!)] };
  },
  run: async (invocation) => {
    const { data, seed } = invocation.config;
    await makeSampleData(data.root!, seed);
    return await runStages(invocation);
  },
};
