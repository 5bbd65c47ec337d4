import type { Config } from "../config.ts";
import type { Dataset } from "../voc/dataset.ts";
import { UsageError } from "./usage_error.ts";

const LISTS = ["trainList", "classifierList", "valList", "inferList", "instanceList", "meanDisplacementList"] as const;

/**
 * Checks that the data set has all lists which a whole run needs, before a training that takes hours finds out.
 *
 * @param dataset The data set.
 * @param data The `data` of a configuration.
 * @throws UsageError naming the key of the first list that is missing, empty, or has an image without photograph or
 * labels.
 */
export function checkLists(dataset: Dataset, data: Config["data"]): void {
  for (const key of LISTS) {
    const name = data[key];
    if (name === null) continue;
    try {
      dataset.list(name);
    } catch (error) {
      throw new UsageError(`data.${key}: ${(error as Error).message}`, { cause: error });
    }
  }
}
