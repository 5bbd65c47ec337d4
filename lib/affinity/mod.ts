/**
 * Affinities of pixels from class boundaries, and the random walk on them.
 * @module
 */
export * from "./affinity.ts";
export * from "./propagate.ts";
