/**
 * Tensors: TensorFlow.js, the choice of its backend, and the differentiable layers that IRNet is made of.
 *
 * Layers take and return `float32` tensors laid out [batch, height, width, channels].
 * @module
 */
export * as tf from "./tf.ts";
export type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "./tf.ts";
export * from "./backend.ts";
export * from "./conv2d.ts";
export * from "./depthwise_conv2d.ts";
export * from "./dilated.ts";
export * from "./fold_batch_norm.ts";
export * from "./group_norm.ts";
export * from "./max_pool.ts";
export * from "./upsample_bilinear.ts";
export { inFloat32 } from "./_kernels.ts";
export type { LossFunction, LossModule } from "./wasm/data_parallel.ts";
export * from "./without_gradient.ts";
