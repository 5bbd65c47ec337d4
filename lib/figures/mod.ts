/**
 * The paper's figures as pictures, drawn from the arrays that the stages compute, and the report of a run.
 * @module
 */
export { affinityFigure, type AffinityFigureOptions } from "./affinity.ts";
export * from "./approach.ts";
export * from "./architecture.ts";
export * from "./boundary.ts";
export * from "./cam.ts";
export { type Chart, chartFigure, type ChartTrace } from "./chart.ts";
export { colourMap, type ColourMapName, drawColourWheel } from "./colours.ts";
export * from "./comparison.ts";
export {
  type DrawArrowsOptions,
  drawClusters,
  drawDisplacement,
  drawDisplacementArrows,
  type DrawDisplacementOptions,
} from "./displacement.ts";
export * from "./displacement_figures.ts";
export * from "./figure.ts";
export { usePlotly } from "./interactive.ts";
export * from "./judged.ts";
export * from "./labels.ts";
export type { ClusterMap, PictureSize, ScalarMap, VectorField } from "./maps.ts";
export * from "./metrics_figures.ts";
export * from "./overview.ts";
export * from "./pictures.ts";
export * from "./pixel.ts";
export * from "./precision_figures.ts";
export * from "./pseudo_labels.ts";
export * from "./published.ts";
export {
  confidentAreasFigure,
  type ConfidentAreasOptions,
  relationFigure,
  type RelationFigureOptions,
} from "./relation.ts";
export * from "./report/render_report.ts";
export * from "./report/report_input.ts";
export * from "./results_table.ts";
export * from "./run_charts.ts";
export * from "./show_charts.ts";
export * from "./synthesis.ts";
export * from "./threshold.ts";
export * from "./training_figures.ts";
export { walkFigure, type WalkFigureOptions, type WalkingPiece } from "./walk.ts";
export type { Config } from "../config/config.ts";
export type { CamArchive } from "../cam/cam_archive.ts";
export type { SemanticRow } from "../evaluation/comparison.ts";
export type { InstanceMasks, InstanceMatches, PredictedMasks } from "../evaluation/instances.ts";
export type { Metrics } from "../evaluation/metrics.ts";
export type { PowerSweep, SweepMetrics } from "../evaluation/sweep.ts";
export type { AveragePrecisions, InstanceMetrics, PerClass } from "../evaluation/percentages.ts";
export type { ScoredLabels } from "../synthesis/synthesize_semantic.ts";
export type { LabelMap, RgbImage } from "../data/image.ts";
