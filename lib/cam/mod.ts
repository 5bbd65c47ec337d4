/**
 * Class attention maps (CAM): the classifier, its training, and its maps (paper: Class Attention Maps).
 * @module
 */
export * from "./cam_archive.ts";
export * from "./classify.ts";
export * from "./extract.ts";
export * from "./network.ts";
export * from "./task.ts";
