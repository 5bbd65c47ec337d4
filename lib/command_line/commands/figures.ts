import { UsageError } from "../../config/usage_error.ts";
import { defined } from "../../config/flags.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS, CONFIG_FLAGS, RUN_FLAGS } from "../flags.ts";
import { interruptible, runPermissions } from "../run_stages.ts";

export const figures: Command = {
  usage: "[flags]",
  help: "Draws the paper's figures of some images from what a run has made, as pictures and as pages to play with.",
  flags: {
    ids: { value: "a,b", help: "the images, default the first one that has been through all stages" },
    out: { value: "folder", help: "folder to write, default figures in the working directory", path: "writes" },
    format: { value: "name", default: "png", help: "png, or svg for print" },
    scale: { value: "number", default: "1", help: "pixels of pictures, so many times those of a screen" },
    ...CONFIG_FLAGS,
    workdir: RUN_FLAGS.workdir,
    ...COMMON_FLAGS,
  },
  permissions: runPermissions,
  run: async ({ given, config, workdir }) => {
    (await import("../../config/check_paths.ts")).checkPaths(config);
    const { writeFigures } = await import("../../results/write_figures.ts");
    const format = given.choice("format", ["png", "svg"]), scale = given.count("scale")!;
    if (scale > 8) throw new UsageError(`Expected --scale of at most 8 but found ${scale}`);
    const options = { workdir, format, scale, ...defined({ ids: given.words("ids"), out: given.value("out") }) };
    return await interruptible((signal) => writeFigures(config, { ...options, signal }));
  },
};
