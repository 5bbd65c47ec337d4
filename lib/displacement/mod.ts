/**
 * From a displacement field to a class-agnostic instance map.
 * @module
 */
export * from "./cluster_centroids.ts";
export * from "./connected_components.ts";
export * from "./find_centroids.ts";
