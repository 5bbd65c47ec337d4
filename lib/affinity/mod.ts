/**
 * Affinities of pixels from class boundaries, and the random walk on them.
 * @module
 */
export * from "./affinity.ts";
export * from "./propagate.ts";
export * from "./propagate_along.ts";
export * from "./propagate_each.ts";
