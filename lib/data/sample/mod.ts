/**
 * The sample data set: four kinds of drawn creatures that touch and overlap, and a control that sees nothing but colour.
 * @module
 */
export * from "./colour_baseline.ts";
export * from "./draw_scene.ts";
export * from "./generate_sample.ts";
