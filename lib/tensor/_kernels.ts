/** What the layers need from a backend, and the choice of its implementation. */
import type { Window } from "./_window.ts";
import type { WeightedFeaturePairs } from "./feature_pairs.ts";
import type { WeightedPaths } from "./path_pairs.ts";
import type { RegionGrid } from "./regions.ts";
import * as tf from "./tf.ts";

/** Activations that a convolution can end in. */
export type Activation = "relu" | "relu6";

/** A convolution's input [B, H, W, C] and filter: [h, w, C, D], or [h, w, C, 1] where depthwise. */
export interface Convolution {
  readonly window: Window;
  readonly depthwise: boolean;
}

/** What is done to a convolution's result, in this order. */
export interface Epilogue {
  /** Added to every pixel, [D]. */
  readonly bias: tf.Tensor | undefined;
  /** Added, [B, H', W', D]. */
  readonly addend: tf.Tensor | undefined;
  readonly activation: Activation | undefined;
}

/** The heavy work of the layers' forward and backward passes; nothing here is recorded for gradients. */
export interface Kernels {
  convolve(x: tf.Tensor4D, filter: tf.Tensor4D, options: Convolution & Epilogue): tf.Tensor4D;
  /** Gradient of a convolution for its input of the given shape. */
  convolveInputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, options: Convolution & { shape: Shape }): tf.Tensor4D;
  /** Gradient of a convolution for its filter of the given shape. */
  convolveFilterGradient(dy: tf.Tensor4D, x: tf.Tensor4D, options: Convolution & { shape: Shape }): tf.Tensor4D;
  /** Sum over batch and pixels, [C]: the gradient of a bias. */
  sumPixels(dy: tf.Tensor4D): tf.Tensor1D;
  /** Gradient before a ReLU, from the gradient after it and its output. */
  reluGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D;
  /** Maxima, and whatever else {@linkcode Kernels.maxPoolGradient} needs beside them. */
  maxPool(x: tf.Tensor4D, window: Window): { y: tf.Tensor4D; saved: tf.Tensor[] };
  maxPoolGradient(dy: tf.Tensor4D, saved: tf.Tensor[], window: Window): tf.Tensor4D;
  /** Bilinear resizing between pixel centres. */
  resize(x: tf.Tensor4D, size: readonly [number, number]): tf.Tensor4D;
  /** Gradient of {@linkcode Kernels.resize} for its input of the given shape. */
  resizeGradient(dy: tf.Tensor4D, shape: Shape): tf.Tensor4D;
  /** Group normalisation, and what {@linkcode Kernels.groupNormGradients} needs. */
  groupNorm(x: tf.Tensor4D, options: GroupNormalisation): { y: tf.Tensor4D; saved: tf.Tensor[] };
  /** Gradients for the map, scale and offset; `share` takes charge of tensors that several of them need. */
  groupNormGradients(
    dy: tf.Tensor4D,
    saved: tf.Tensor[],
    options: GroupNormalisation & { share<T extends tf.Tensor>(tensor: T): T },
  ): Record<"x" | "scale" | "offset", () => tf.Tensor>;
}

/** The method's own operations, of which nothing is recorded for gradients either. */
export interface MethodKernels {
  /**
   * The value of `pathPairLoss()`, the four losses that it is the sum of (positive, negative, foreground, background),
   * and its gradients by the logits and by the displacement.
   */
  pathPairLosses(
    logits: tf.Tensor,
    displacement: tf.Tensor,
    options: WeightedPaths,
  ): { total: tf.Tensor; parts: tf.Tensor1D; gradients: tf.Tensor[] };
  /** The value of `featurePairLoss()`, and its gradient by the features. */
  featurePairLosses(features: tf.Tensor4D, options: WeightedFeaturePairs): { total: tf.Tensor; gradient: tf.Tensor };
  /** The features of regions, [R, size, size, C]. */
  alignRegions(maps: readonly tf.Tensor4D[], grid: RegionGrid): tf.Tensor4D;
  /** Gradients of {@linkcode MethodKernels.alignRegions} for maps of the given shapes. */
  alignRegionsGradient(dy: tf.Tensor4D, grid: RegionGrid & { shapes: readonly Shape[] }): tf.Tensor[];
}

/** Parameters of {@linkcode Kernels.groupNorm}. */
export interface GroupNormalisation {
  readonly groups: number;
  /** Factor and summand of every channel, [C]. */
  readonly scale: tf.Tensor1D;
  readonly offset: tf.Tensor1D;
  readonly epsilon: number;
  readonly activation: "relu" | undefined;
}

/** A tensor's shape of rank four. */
export type Shape = readonly [number, number, number, number];

interface Registered {
  readonly usual: Kernels & MethodKernels;
  /** Those that round nothing. */
  readonly exact: Kernels & MethodKernels;
}

const registered = new Map<string, Registered>();
let exact = false;

/**
 * Gives a backend its kernels.
 *
 * @param exact Kernels for {@linkcode inFloat32}, where the usual ones round what they multiply.
 */
export function registerKernels(
  backend: string,
  usual: Kernels & MethodKernels,
  exact: Kernels & MethodKernels = usual,
): void {
  registered.set(backend, { usual, exact });
}

/** Kernels of the current backend. */
export function kernels(): Kernels & MethodKernels {
  const found = registered.get(tf.getBackend());
  if (!found) throw new Error(`Expected useBackend() to have been called but found the backend ${tf.getBackend()}`);
  return exact ? found.exact : found.usual;
}

/**
 * Runs layers in float32 whatever the backend's precision is, and their gradients too: networks of many thin layers lose
 * more time on rounding than they win.
 *
 * @param compute Applies the layers.
 * @returns What the function returns.
 */
export function inFloat32<T>(compute: () => T): T {
  const before = exact;
  exact = true;
  try {
    return compute();
  } finally {
    exact = before;
  }
}
