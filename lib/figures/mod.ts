/**
 * The paper's figures as pictures, drawn from the arrays that the stages compute, and the report of a run.
 * @module
 */
export * from "./chart.ts";
export * from "./colour_map.ts";
export * from "./draw_boundary.ts";
export * from "./draw_cam.ts";
export * from "./draw_clusters.ts";
export * from "./draw_colour_wheel.ts";
export * from "./draw_displacement.ts";
export * from "./draw_displacement_arrows.ts";
export * from "./draw_instances.ts";
export * from "./draw_labels.ts";
export * from "./draw_truth.ts";
export * from "./encode_picture.ts";
export * from "./loss_chart.ts";
export * from "./maps.ts";
export * from "./precision_chart.ts";
export * from "./report/reference_numbers.ts";
export * from "./report/render_report.ts";
export * from "./report/report_input.ts";
export * from "./side_by_side.ts";
export * from "./threshold_chart.ts";
export type { Config } from "../config.ts";
export type { InstanceMasks, PredictedMasks } from "../evaluation/match_instances.ts";
export type { AveragePrecisions, InstanceMetrics, Metrics, PerClass, SweepMetrics } from "../evaluation/metrics.ts";
export type { LabelMap, RgbImage } from "../voc/image.ts";
