import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Dataset } from "../voc/dataset.ts";
import { describeComparison } from "./describe_comparison.ts";
import { run, type RunOptions } from "./run.ts";
import { openDataset } from "./stages.ts";
import { UsageError } from "./usage_error.ts";

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
  checkLists(await openDataset(config.data), config.downstream);
  const module = new URL("./comparison_stages.ts", import.meta.url).href;
  await run(withPseudoLabels(config), { ...options, module });
  const tables = await Deno.readTextFile(join(options.workdir, "compare", "metrics.json"));
  await Deno.mkdir(out, { recursive: true });
  await Deno.writeTextFile(join(out, "metrics.json.tmp"), tables);
  await Deno.rename(join(out, "metrics.json.tmp"), join(out, "metrics.json"));
  return await describeComparison(options.workdir);
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

function checkLists(dataset: Dataset, downstream: Config["downstream"]): void {
  for (const key of ["trainList", "trainInstanceList", "valList", "valInstanceList"] as const) {
    try {
      dataset.list(downstream[key]);
    } catch (error) {
      throw new UsageError(`downstream.${key}: ${(error as Error).message}`, { cause: error });
    }
  }
}
