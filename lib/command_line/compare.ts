import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { checkLists } from "../config/check_paths.ts";
import { describeComparison } from "../results/tables.ts";
import { previewRun, run, type RunOptions } from "../run/run.ts";
import { comparisonConfig, comparisonStages, STAGES_MODULE } from "../stages/list.ts";
import { openDataset } from "../data/mod.ts";
import { placeFile } from "../files/disk.ts";

/** Options of {@linkcode compare}. */
export interface CompareOptions extends Omit<RunOptions, "module" | "stages"> {
  /** Folder that the tables are written to. */
  readonly out: string;
}

/**
 * Trains AffinityNet, DeepLab and Mask R-CNN on pseudo labels and on the ground truth, and judges them all. Everything that
 * an earlier run has left in the working directory is used.
 *
 * @param config The configuration.
 * @param options Where to run; `out` gets a copy of `compare/metrics.json`.
 * @returns The tables as text.
 * @throws UsageError if the data set lacks a list of `downstream`.
 */
export async function compare(config: Config, { out, ...options }: CompareOptions): Promise<string> {
  const compared = comparisonConfig(config), dataset = await openDataset(config.data);
  checkLists(dataset, { config, group: "downstream" });
  checkLists(dataset, { config: compared, group: "data" });
  await run(compared, { ...options, ...stagesOf(compared), keeps: config });
  await placeFile(join(out, "metrics.json"), await Deno.readFile(join(options.workdir, "compare", "metrics.json")));
  return await describeComparison(options.workdir);
}

/**
 * Says what {@linkcode compare} would do, and changes nothing.
 *
 * @returns Lines of text, a line for each stage among them.
 */
export async function previewComparison(
  config: Config,
  options: Omit<RunOptions, "module" | "stages">,
): Promise<string[]> {
  const compared = comparisonConfig(config);
  checkLists(await openDataset(config.data), { config: compared, group: "data" });
  return await previewRun(compared, { ...options, ...stagesOf(compared), keeps: config });
}

function stagesOf(config: Config): Pick<RunOptions, "module" | "stages"> {
  const asked = comparisonStages.filter(({ enabled }) => enabled?.(config) ?? true);
  return { module: STAGES_MODULE, stages: asked.map(({ name }) => name) };
}
