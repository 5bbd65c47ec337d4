import type { Preprocess } from "../data/crop.ts";
import type * as tf from "../tensor/tf.ts";
import type { ImportRules } from "../weights/read_weights.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";
import type { NamedTensors } from "../files/safetensors.ts";

/** Place where IRNet's heads read a backbone. */
export interface Tap {
  /** Image pixels from one position to the next. */
  readonly stride: number;
  /** Number of channels. */
  readonly channels: number;
}

/** Output of a backbone on a batch of images. */
export interface BackboneOutput {
  /** Features for a classifier, [B, H/stride, W/stride, channels]. */
  readonly features: tf.Tensor4D;
  /** The five activations that IRNet's heads read; empty where they were not asked for. */
  readonly taps: tf.Tensor4D[];
}

/** Options of {@linkcode Backbone.forward}: the parts to return, and those that are differentiable. */
export interface ForwardOptions {
  /** True to return the taps. Default: false. */
  taps?: boolean;
  /** True where layers that stay as they are when CAMs are trained are constants to gradients. Default: false. */
  detach?: boolean;
}

/** Names of the networks that are here. */
export const NETWORKS = [
  "resnet50",
  "efficientnet_lite0",
  "efficientnet_lite1",
  "efficientnet_lite2",
  "sample",
] as const;

/** Choice of a network: plain data, from which `createBackbone()` makes it, in a Worker too. */
export interface BackboneChoice {
  /** Its name. */
  readonly network: typeof NETWORKS[number];
  /** Places where IRNet's heads read EfficientNet. Default: `inner`. */
  readonly taps?: "inner" | "block";
  /** Total stride of those that leave a choice. Default: 16. */
  readonly stride?: 8 | 16;
}

/**
 * Network from images to features. It holds no parameters: they are passed in by name, and the same functions serve
 * training and inference.
 */
export interface Backbone {
  /** Name in the configuration. */
  readonly name: string;
  /** Choice that makes it again; absent where none does, and training stays in the thread that has the network. */
  readonly choice?: BackboneChoice;
  /** Normalisation of images of 0 to 255. */
  readonly preprocess: Preprocess;
  /** Image pixels from one feature to the next. */
  readonly stride: number;
  /** The five taps of IRNet's heads, finest first. */
  readonly taps: readonly Tap[];
  /** Channels of the features. */
  readonly channels: number;
  /** All parameters, in the order in which data meets them. */
  readonly parameters: readonly ParameterSpec[];
  /** Names to ignore and to translate in files of weights. */
  readonly importRules: ImportRules;
  /** Parameters for training from scratch, in the layout of files; the same for the same seed. */
  initialise(seed: number): NamedTensors;
  /** Tells whether a parameter changes when the network is trained to give CAMs (paper: Class Attention Maps). */
  trainsForCam(name: string): boolean;
  /**
   * Features, and the taps if asked for. Padding at the borders is zero, after preprocessing.
   *
   * @param params Parameters, as they are or from {@linkcode Backbone.fold}.
   * @param image Preprocessed images, [B, H, W, 3].
   */
  forward(params: Params, image: tf.Tensor4D, options?: ForwardOptions): BackboneOutput;
  /**
   * Copies parameters with every normalisation multiplied into its convolution, which saves time where they do not
   * change. Convolutions whose parameters are not all there are left out.
   *
   * @returns New tensors, for the caller to dispose.
   */
  fold(params: Params): Params;
}
