/**
 * Class attention maps (CAM): the classifier, its training, and its maps (paper: Class Attention Maps).
 * @module
 */
export * from "./cam_archive.ts";
export * from "./classify.ts";
export * from "./extract.ts";
export { kMeans, type KMeansOptions } from "./k_means.ts";
export * from "./network.ts";
export * from "./prototypes.ts";
export * from "./task.ts";
