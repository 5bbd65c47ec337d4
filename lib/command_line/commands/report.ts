import { dirname, join } from "node:path";
import { defined } from "../../config/flags.ts";
import { UsageError } from "../../config/usage_error.ts";
import { isFolder, readFileIfExists } from "../../files/disk.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS } from "../flags.ts";
import { interruptible } from "../run_stages.ts";

export const report: Command = {
  usage: "<working directory> [flags]",
  help:
    "Writes the report of a run with the tables of compare, and with --against another run beside it: what differs in " +
    "data and settings, scores on the same images with intervals of their differences, errors, images that changed most.",
  argument: "the working directory of a run",
  isPath: true,
  flags: {
    against: { value: "path", help: "metrics.json of another run, or its working directory", path: "reads" },
    out: { value: "file", help: "the page, default report.html in the working directory", path: "writes" },
    ...COMMON_FLAGS,
  },
  start: async (given) => {
    const workdir = given.positionals[0]!, path = join(workdir, "run.json");
    const { parseRunReport } = await import("../../run/run_report.ts");
    const bytes = await readFileIfExists(path);
    if (!bytes) throw new UsageError(`Expected the working directory of a run but found no ${path}`);
    const stored = parseRunReport(bytes);
    if (!stored) throw new UsageError(`Expected the settings of a run in ${path} but found it damaged`);
    return { ...stored.config, workdir };
  },
  permissions: ({ given, config, workdir }) => {
    const against = given.value("against");
    const beside = against === undefined || isFolder(against)
      ? []
      : [dirname(against), join(dirname(dirname(against)), "run.json")];
    return { config, read: [workdir, ...beside], write: given.has("out") ? [] : [workdir] };
  },
  run: async ({ given, config, workdir }) => {
    (await import("../../config/check_paths.ts")).checkPaths(config);
    const { writeReport } = await import("../../results/write_report.ts");
    const options = { workdir, out: given.value("out") ?? join(workdir, "report.html") };
    return await interruptible((signal) =>
      writeReport(config, { ...options, ...defined({ against: given.value("against") }), signal })
    );
  },
};
