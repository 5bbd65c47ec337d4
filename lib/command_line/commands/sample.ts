import { UsageError } from "../../config/usage_error.ts";
import type { Command } from "../command.ts";
import { COMMON_FLAGS } from "../flags.ts";

export const sample: Command = {
  usage: "[flags]",
  help: "Writes the sample data set: generated images, in the layout of VOC, with ground truth.",
  flags: {
    seed: { value: "number", help: "seed of all images, default 0", default: "0" },
    out: {
      value: "folder",
      help: "where it goes, default out/sample-data",
      default: "out/sample-data",
      path: "writes",
    },
    ...COMMON_FLAGS,
  },
  permissions: () => ({}),
  run: async ({ given }) => {
    const seed = given.value("seed")!, out = given.value("out")!;
    if (!/^\d+$/.test(seed)) throw new UsageError(`Expected --seed to be a whole number but found ${seed}`);
    const { generateSample } = await import("../../data/sample/mod.ts");
    const started = performance.now();
    await generateSample({ seed: Number(seed), out });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    return `Wrote the sample data set of seed ${seed} to ${out} in ${seconds} s`;
  },
};
