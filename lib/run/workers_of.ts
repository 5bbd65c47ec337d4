import { availableParallelism } from "node:os";
import type { Config } from "../config/config.ts";

/** Number of Workers that the configuration asks for: one a core unless it says another. */
export function workersOf({ compute }: Pick<Config, "compute">): number {
  return compute.workers || availableParallelism();
}
