import type { Config } from "./config.ts";
import type { Dataset } from "../data/dataset.ts";
import { UsageError } from "./usage_error.ts";

const LISTS = ["trainList", "classifierList", "valList", "inferList", "instanceList", "meanDisplacementList"] as const;
const DOWNSTREAM_LISTS = ["trainList", "trainInstanceList", "valList", "valInstanceList"] as const;

/**
 * Checks that the data set has all lists which a whole run needs, before a training that takes hours finds out.
 *
 * @param dataset The data set.
 * @param data The `data` of a configuration.
 * @throws UsageError naming the key of the first list that is missing, empty, or has an image without photograph or
 * labels.
 */
export function checkLists(dataset: Dataset, data: Config["data"]): void {
  for (const key of LISTS) checkList(dataset, `data.${key}`, data[key]);
}

/** As {@linkcode checkLists}, of the lists that a comparison needs besides. */
export function checkDownstreamLists(dataset: Dataset, downstream: Config["downstream"]): void {
  for (const key of DOWNSTREAM_LISTS) checkList(dataset, `downstream.${key}`, downstream[key]);
}

function checkList(dataset: Dataset, key: string, name: string | null): void {
  if (name === null) return;
  try {
    dataset.list(name);
  } catch (error) {
    throw new UsageError(`${key}: ${(error as Error).message}`, { cause: error });
  }
}
