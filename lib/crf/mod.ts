/**
 * Dense CRF: fully connected, Gaussian edge potentials, mean-field inference on permutohedral lattices.
 * @module
 */
export * from "./dense_crf.ts";
