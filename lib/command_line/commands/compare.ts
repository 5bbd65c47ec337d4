import { makeSampleData, sampleFolders } from "../../data/sample/make_sample_data.ts";
import type { Arguments } from "../../config/flags.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { interruptible, runOptions, runPermissions } from "../run_stages.ts";

export const compare: Command = {
  usage: "[flags]",
  help:
    "Trains AffinityNet, DeepLab and Mask R-CNN and compares what they make of labels; on the sample data if no preset " +
    "is named.",
  flags: {
    out: {
      value: "folder",
      help: "where the tables are written, default out/compare",
      default: "out/compare",
      path: "writes",
    },
    ...CONFIG_FLAGS,
    ...without(RUN_FLAGS, "stages", "shard"),
    ...COMMON_FLAGS,
  },
  preset: (given) => usesSample(given) ? "sample" : given.value("preset"),
  permissions: (invocation) => {
    const { given, config: { data }, workdir } = invocation;
    const made = usesSample(given) ? sampleFolders(data.root!) : [];
    return { ...runPermissions(invocation), write: [workdir, ...made] };
  },
  run: async (invocation) => {
    const { given, config } = invocation, options = runOptions(invocation);
    if (usesSample(given)) await makeSampleData(config.data.root!, config.seed);
    (await import("../../config/check_paths.ts")).checkPaths(config);
    const { compare, previewComparison } = await import("../compare.ts");
    if (given.has("dry-run")) return (await previewComparison(config, options)).join("\n");
    return await interruptible((signal) => compare(config, { ...options, out: given.value("out")!, signal }));
  },
};

/** It works on the generated images where nothing else is asked for. */
function usesSample(given: Arguments): boolean {
  return !given.has("preset") && !given.has("config");
}
