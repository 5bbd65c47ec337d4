/** Convolutions that are followed by a batch norm with fixed statistics; at run time the two are one convolution. */
import * as tf from "../tensor/tf.ts";
import { conv2d, depthwiseConv2d, dilated, foldBatchNorm } from "../tensor/mod.ts";
import type { ParameterSpec, Params } from "../weights/params.ts";

/** A convolution without bias and the norm after it, by their names. */
export interface ConvolutionNorm {
  readonly conv: string;
  readonly norm: string;
  /** [out, in, height, width], or [channels, 1, height, width]. */
  readonly shape: readonly [number, number, number, number];
  readonly depthwise: boolean;
}

export type Padding = "same" | number;

/** The five parameters of a layer, in the order of PyTorch's state. */
export function layerParameters({ conv, norm, shape, depthwise }: ConvolutionNorm): ParameterSpec[] {
  const vector = [shape[0]];
  return [
    { name: `${conv}.weight`, shape, role: depthwise ? "depthwise" : "filter" },
    { name: `${norm}.weight`, shape: vector, role: "scale" },
    { name: `${norm}.bias`, shape: vector, role: "offset" },
    { name: `${norm}.running_mean`, shape: vector, role: "mean" },
    { name: `${norm}.running_var`, shape: vector, role: "variance" },
  ];
}

/** Filter and bias of the one convolution: folded now, or taken as they are where `foldLayers` made them. */
function folded(p: Params, { conv, norm, epsilon }: { conv: string; norm: string; epsilon: number }) {
  const filter = p[`${conv}.weight`] as tf.Tensor4D;
  const bias = p[`${conv}.bias`]; // there only where it was made by `foldLayers`
  if (bias) return { filter, bias: bias as tf.Tensor1D };
  return foldBatchNorm(filter, {
    weight: p[`${norm}.weight`] as tf.Tensor1D,
    bias: p[`${norm}.bias`] as tf.Tensor1D,
    mean: p[`${norm}.running_mean`] as tf.Tensor1D,
    variance: p[`${norm}.running_var`] as tf.Tensor1D,
    epsilon,
  });
}

/** Folds every layer whose parameters are all there; the bias takes the convolution's name. */
export function foldLayers(p: Params, layers: readonly ConvolutionNorm[], epsilon: number): Params {
  return tf.tidy(() => {
    const result: Params = {};
    for (const layer of layers) {
      if (!layerParameters(layer).every(({ name }) => p[name])) continue;
      const { filter, bias } = folded(p, { ...layer, epsilon });
      result[`${layer.conv}.weight`] = filter;
      result[`${layer.conv}.bias`] = bias;
    }
    return result;
  });
}

/** Names of a layer and what its convolution does. */
export interface LayerCall {
  conv: string;
  norm: string;
  epsilon: number;
  stride?: number;
  /** Pixels from one tap of the filter to the next, for layers of stride 1 without `addend`. */
  dilation?: number;
  padding: Padding;
  depthwise?: boolean;
  addend?: tf.Tensor4D;
  activation?: "relu" | "relu6";
}

/** Convolution, norm, then — where asked for — the sum with `addend` and the activation. */
export function convolutionNorm(p: Params, x: tf.Tensor4D, call: LayerCall): tf.Tensor4D {
  const { stride = 1, dilation = 1, padding, depthwise = false, addend, activation } = call;
  const { filter, bias } = folded(p, call);
  const options = { stride, padding, bias, ...(activation ? { activation } : {}) };
  if (addend) return conv2d(x, filter, { ...options, addend });
  return dilated(x, dilation, (part) => (depthwise ? depthwiseConv2d : conv2d)(part, filter, options));
}
