/**
 * Backbones, and what trains them.
 * @module
 */
export * from "./backbone.ts";
export * from "./create_backbone.ts";
export * from "./efficientnet_lite0.ts";
export * from "./initialise.ts";
export * from "./optimiser.ts";
export * from "./random.ts";
export * from "./resnet50.ts";
export * from "./sample_net.ts";
export * from "./train_loop.ts";
