/**
 * Tensors: TensorFlow.js, the choice of its backend, and the differentiable layers that IRNet is made of.
 *
 * Layers take and return `float32` tensors laid out [batch, height, width, channels].
 * @module
 */
export * as tf from "./tf.ts";
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "./tf.ts";
export { type BackendChoice, type BackendOptions, type BackendReport, useBackend } from "./backend.ts";
export * from "./conv2d.ts";
export type { FeaturePairs, WeightedFeaturePairs } from "./feature_pairs.ts";
export * from "./layers.ts";
export * from "./normalisation.ts";
export * from "./operations.ts";
export * from "./path_pairs.ts";
export type { AxisSamples, RegionGrid, SampledRegion } from "./regions.ts";
export { inFloat32 } from "./_kernels.ts";
export { withoutGradient } from "./_differentiable.ts";
