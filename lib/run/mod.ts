/**
 * Runs stages on a data set: files, resuming, workers, sharing of images, progress.
 * @module
 */
export type { ProgressOptions } from "../files/terminal.ts";
export type { BadImageChoice } from "./quarantine.ts";
export * from "./run.ts";
export * from "./run_report.ts";
export * from "./shard.ts";
export * from "./stage.ts";
