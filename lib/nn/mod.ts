/**
 * Layers and backbones.
 * @module
 */
export * from "./backbone.ts";
export * from "./create_backbone.ts";
export * from "./efficientnet_lite.ts";
export * from "./initialise.ts";
export * from "./resnet50.ts";
export * from "./sample_net.ts";
