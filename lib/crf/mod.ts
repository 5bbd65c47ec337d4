/**
 * Dense CRF: fully connected, Gaussian edge potentials, mean-field inference on permutohedral lattices.
 * @module
 */
export * from "./argmax_labels.ts";
export * from "./crf_settings.ts";
export * from "./dense_crf.ts";
export * from "./refine_labels.ts";
