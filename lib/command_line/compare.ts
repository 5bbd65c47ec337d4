import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { checkLists } from "../config/check_paths.ts";
import { describeComparison } from "../results/describe_comparison.ts";
import { previewRun, run, type RunOptions } from "../run/run.ts";
import { placeFile } from "../files/disk.ts";
import { openDataset } from "../stages/mod.ts";

const module = new URL("../stages/comparison.ts", import.meta.url).href;

/** Options of {@linkcode compare}. */
export interface CompareOptions extends RunOptions {
  /** Folder that the tables are written to. */
  readonly out: string;
}

/**
 * Trains AffinityNet, DeepLab and Mask R-CNN on pseudo labels and on true masks, and judges them all. Everything that
 * an earlier run has left in the working directory is used.
 *
 * @param config The configuration.
 * @param options Where to run; `out` gets a copy of `compare/metrics.json`.
 * @returns The tables as text.
 * @throws UsageError if the data set lacks a list of `downstream`.
 */
export async function compare(config: Config, { out, ...options }: CompareOptions): Promise<string> {
  checkLists(await openDataset(config.data), { config, group: "downstream" });
  await run(withPseudoLabels(config), { ...options, module, keeps: config });
  await placeFile(join(out, "metrics.json"), await Deno.readFile(join(options.workdir, "compare", "metrics.json")));
  return await describeComparison(options.workdir);
}

/**
 * Says what {@linkcode compare} would do, and changes nothing.
 *
 * @returns Lines of text, a line for each stage among them.
 */
export async function previewComparison(config: Config, options: RunOptions): Promise<string[]> {
  return await previewRun(withPseudoLabels(config), { ...options, module });
}

/** The configuration whose pseudo labels are those of the images that the networks are trained on. */
function withPseudoLabels(config: Config): Config {
  const { inferList, meanDisplacementList } = config.data;
  const data = {
    ...config.data,
    inferList: config.downstream.trainList,
    meanDisplacementList: meanDisplacementList ?? inferList, // of the IRNet that may be trained already
  };
  return { ...config, data };
}
