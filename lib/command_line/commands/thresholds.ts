import { join } from "node:path";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS, without } from "../flags.ts";
import { runPermissions, runStages } from "../run_stages.ts";

export const thresholds: Command = {
  usage: "[flags]",
  help:
    "Chooses the thresholds of CAMs, confident labels and pseudo labels from a run's maps, without masks; beside them, " +
    "where there are masks, the best ones.",
  flags: {
    out: { value: "file", help: "write the configuration with them", path: "writes" },
    ...CONFIG_FLAGS,
    ...without(RUN_FLAGS, "stages", "shard"),
    ...COMMON_FLAGS,
  },
  permissions: runPermissions,
  run: async (invocation) => {
    const { given, config, workdir } = invocation, out = given.value("out");
    const { resultIds } = await import("../../results/open_results.ts");
    const isWalked = (await resultIds(join(workdir, "irnet"))).size > 0;
    const stages = ["cam_thresholds", ...isWalked ? ["label_thresholds"] : [], "thresholds"];
    const preview = await runStages(invocation, { stages });
    if (out === undefined || given.has("dry-run")) return preview;
    const { configWithThresholds } = await import("../../results/thresholds.ts");
    const { mapPaths, pathBeside } = await import("../../config/user_path.ts");
    const written = mapPaths(await configWithThresholds(config, workdir), (path) => pathBeside(out, path));
    await Deno.writeTextFile(out, `${JSON.stringify(written, null, 2)}\n`);
    console.log(`Written: ${out}`);
  },
};
