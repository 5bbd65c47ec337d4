/** The convolution operation behind `conv2d()` and `depthwiseConv2d()`. */
import { differentiable, shareGradient } from "./_differentiable.ts";
import { type Activation, kernels } from "./_kernels.ts";
import { type PaddingOption, resolveWindow } from "./_window.ts";
import type * as tf from "./tf.ts";

/** Options of {@linkcode convolution}. */
export interface ConvolutionOptions {
  readonly depthwise: boolean;
  readonly stride: number;
  readonly padding: PaddingOption;
  readonly bias: tf.Tensor1D | undefined;
  readonly addend: tf.Tensor4D | undefined;
  readonly activation: Activation | undefined;
}

/** activation(convolution + bias + addend) as one operation, whose backward pass computes only what is asked for. */
export function convolution(x: tf.Tensor4D, filter: tf.Tensor4D, options: ConvolutionOptions): tf.Tensor4D {
  const { depthwise, stride, padding, bias, addend, activation } = options;
  const [filterHeight, filterWidth, filterChannels] = filter.shape;
  if (filterChannels !== x.shape[3]) {
    throw new RangeError(`Expected a filter of ${x.shape[3]} input channels but found shape [${filter.shape}]`);
  }
  if (depthwise && filter.shape[3] !== 1) {
    throw new RangeError(`Expected a depthwise filter [h, w, C, 1] but found shape [${filter.shape}]`);
  }
  const window = resolveWindow([x.shape[1], x.shape[2]], { size: [filterHeight, filterWidth], stride, padding });
  const inputs: tf.NamedTensorMap = { x, filter };
  if (bias) inputs["bias"] = bias;
  if (addend) inputs["addend"] = addend;

  const kernel = kernels(); // the gradients' too
  return differentiable({
    inputs,
    forward(save) {
      const y = kernel.convolve(x, filter, { window, depthwise, bias, addend, activation });
      save(activation ? [x, filter, y] : [x, filter]);
      return y;
    },
    backward(dy, [x, filter, y]) {
      const d = activation
        ? shareGradient(kernel.rectifierGradient(dy as tf.Tensor4D, y as tf.Tensor4D, activation))
        : dy as tf.Tensor4D;
      const shapeX = (x as tf.Tensor4D).shape, shapeFilter = (filter as tf.Tensor4D).shape;
      return {
        x: () => kernel.convolveInputGradient(d, filter as tf.Tensor4D, { window, depthwise, shape: shapeX }),
        filter: () => kernel.convolveFilterGradient(d, x as tf.Tensor4D, { window, depthwise, shape: shapeFilter }),
        bias: () => kernel.sumPixels(d),
        addend: () => d.clone(),
      };
    },
  }) as tf.Tensor4D;
}
