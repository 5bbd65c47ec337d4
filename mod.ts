/**
 * IRNet for Deno: instance and semantic masks from image-level class names (Ahn, Cho, Kwak, "Weakly Supervised
 * Learning of Instance Segmentation with Inter-pixel Relations", CVPR 2019).
 *
 * Each room of the method is a namespace here and a module of its own (`@irnet/irnet/cam`, …). Run as a program, it is
 * the command line of the whole pipeline: `deno run -A mod.ts --help`.
 *
 * @example
 * ```ts
 * import { crf, displacement } from "@irnet/irnet";
 * const field = new Float32Array(2 * 94 * 125);
 * const centroids = displacement.findCentroids(field, { height: 94, width: 125 });
 * ```
 * @module
 */
import "./lib/command_line/answer_first.ts";

export * as affinity from "./lib/affinity/mod.ts";
export * as amn from "./lib/amn/mod.ts";
export * as cam from "./lib/cam/mod.ts";
export * as config from "./lib/config/mod.ts";
export * as crf from "./lib/crf/mod.ts";
export * as data from "./lib/data/mod.ts";
export * as displacement from "./lib/displacement/mod.ts";
export * as download from "./lib/download/mod.ts";
export * as downstream from "./lib/downstream/mod.ts";
export * as evaluation from "./lib/evaluation/mod.ts";
export * as figures from "./lib/figures/mod.ts";
export * as files from "./lib/files/mod.ts";
export * as formats from "./lib/formats/mod.ts";
export * as irnet from "./lib/irnet/mod.ts";
export * as nn from "./lib/nn/mod.ts";
export * as relation from "./lib/relation/mod.ts";
export * as results from "./lib/results/mod.ts";
export * as run from "./lib/run/mod.ts";
export * as stages from "./lib/stages/mod.ts";
export * as synthesis from "./lib/synthesis/mod.ts";
export * as tensor from "./lib/tensor/mod.ts";
export * as train from "./lib/train/mod.ts";
export * as weights from "./lib/weights/mod.ts";

import { main } from "./lib/command_line/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));
