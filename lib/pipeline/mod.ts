/**
 * Runs the stages on a data set: files, resuming, workers, sharing of images, progress and the command line.
 * @module
 */
export * from "./command_line.ts";
export * from "./describe_comparison.ts";
export * from "./describe_results.ts";
export * from "./export_formats.ts";
export * from "./export_labels.ts";
export type { Expectation, Expectations, Expecting, UsualImage, WorkPart } from "./expectations.ts";
export * from "./format_metrics.ts";
export * from "./load_config.ts";
export * from "./npz.ts";
export * from "./open_comparison.ts";
export * from "./open_results.ts";
export * from "./progress.ts";
export type { BadImageChoice } from "./quarantine.ts";
export * from "./run.ts";
export * from "./run_report.ts";
export * from "./score_predictions.ts";
export * from "./shard.ts";
export * from "./stages.ts";
export * from "./usage_error.ts";
export * from "./write_figures.ts";
