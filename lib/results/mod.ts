/**
 * Results of runs: opened for notebooks and figures, told in tables, written for other programs, scored.
 * @module
 */
export * from "./export_formats.ts";
export * from "./export_labels.ts";
export * from "./open_comparison.ts";
export * from "./open_results.ts";
export * from "./score_predictions.ts";
export * from "./tables.ts";
export * from "./thresholds.ts";
export * from "./write_figures.ts";
export * from "./write_report.ts";
export type { ResultDoubts } from "../stages/doubts.ts";
export type { ProposedThreshold, ProposedThresholds } from "../stages/thresholds.ts";
