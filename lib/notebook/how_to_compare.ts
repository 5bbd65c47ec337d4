import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { pipelineCommand, type StoredConfig } from "./_pipeline_command.ts";
import type { RunPlace } from "./open_run.ts";

/**
 * What a notebook says in place of the comparison of a run that has none.
 *
 * @param config The configuration of the run.
 * @param place Where run and images lie; relative paths start at the current folder, that of the notebook.
 * @returns A sentence with the command to run.
 * @example
 * ```ts
 * import { presets } from "../config/config.ts";
 * import { howToCompare } from "./how_to_compare.ts";
 * howToCompare(presets.sample, { workdir: "../out/sample", data: "../out/sample-data" });
 * ```
 */
export function howToCompare(config: Config, { workdir, data }: RunPlace): string {
  const paths = { workdir: resolve(workdir), data: resolve(data) };
  const command = pipelineCommand(config as unknown as StoredConfig, { ...paths, task: "compare" });
  return `There is nothing to show yet, for this run has no comparison: make it with ${command}, then run the ` +
    `notebook again.`;
}
