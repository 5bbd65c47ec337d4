import type { Activation, Kernels, MethodKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { convolve } from "./_convolve.ts";
import { convolveFilterGradient, convolveInputGradient } from "./_convolve_gradients.ts";
import { convolveDepthwise, convolveDepthwiseFilterGradient, convolveDepthwiseInputGradient } from "./_depthwise.ts";
import { featurePairLosses } from "./_feature_pairs.ts";
import { groupNormKernels } from "./_group_norm.ts";
import { maxPool, maxPoolGradient } from "./_max_pool.ts";
import { pathPairLosses } from "./_path_pairs.ts";
import { alignRegions, alignRegionsGradient } from "./_regions.ts";
import { resizeKernels } from "./_resize.ts";
import { mostBindings, runShader } from "./_run_shader.ts";
import { sumRows } from "./_sum_rows.ts";
import { activationCode, invocationsCode, lanesOf, noEpilogue, typeOf, workgroupsFor } from "./_wgsl.ts";

/** Kernels of the backend `webgpu`: programs of our own. */
export const webgpuKernels: Kernels & MethodKernels = {
  convolve: (x, filter, options) =>
    tf.tidy(() => options.depthwise ? convolveDepthwise(x, filter, options) : convolve(x, filter, options)),

  convolveInputGradient: (dy, filter, options) =>
    tf.tidy(() =>
      options.depthwise
        ? convolveDepthwiseInputGradient(dy, filter, options)
        : convolveInputGradient(dy, filter, options)
    ),

  convolveFilterGradient: (dy, x, options) =>
    tf.tidy(() =>
      options.depthwise ? convolveDepthwiseFilterGradient(dy, x, options) : convolveFilterGradient(dy, x, options)
    ),

  sumPixels(dy) {
    const channels = dy.shape[3];
    return tf.tidy(() => {
      const rows = dy.size / channels;
      return sumRows(dy, { rows, shape: [channels], epilogue: noEpilogue }) as tf.Tensor1D;
    });
  },

  reluGradient,

  maxPool: (x, window) => ({ y: maxPool(x, window), saved: [x] }),
  maxPoolGradient: (dy, [x], window) => tf.tidy(() => maxPoolGradient(dy, x as tf.Tensor4D, window)),

  ...resizeKernels,
  ...groupNormKernels,

  pathPairLosses,
  featurePairLosses,
  alignRegions,
  alignRegionsGradient,
};

/**
 * Replaces kernels of TensorFlow.js that do not hold on every adapter; once, when the backend's package has registered
 * them.
 */
export function replaceTfjsKernels(): void {
  // Its own lose a NaN on some adapters.
  replace(tf.Relu, (before) => (call) => float32(call.inputs["x"]!) ? relu(call.inputs["x"]!, "relu") : before(call));
  replace(tf.Relu6, (before) => (call) => float32(call.inputs["x"]!) ? relu(call.inputs["x"]!, "relu6") : before(call));
  replace(tf.AddN, addInParts);
}

type Kernel = (call: Call) => tf.TensorInfo;

type Call = Omit<Parameters<tf.KernelFunc>[0], "inputs"> & { readonly inputs: Record<string, tf.Tensor> };

/** Its own binds all summands in one program, of which adapters take some number, 7 at the least. */
function addInParts(before: Kernel): Kernel {
  return (call) => {
    const summands: readonly tf.TensorInfo[] = Object.values(call.inputs), most = mostBindings() - 1;
    const add = (some: readonly tf.TensorInfo[]) => before({ ...call, inputs: some as never });
    let sum = add(summands.slice(0, most));
    for (let next = most; next < summands.length; next += most - 1) {
      const part = sum;
      sum = add([part, ...summands.slice(next, next + most - 1)]);
      tf.backend().disposeData(part.dataId);
    }
    return sum;
  };
}

function float32({ dtype }: tf.TensorInfo): boolean {
  return dtype === "float32";
}

function replace(kernelName: string, kernel: (before: Kernel) => Kernel): void {
  const { kernelFunc } = tf.getKernel(kernelName, "webgpu");
  tf.unregisterKernel(kernelName, "webgpu");
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc: kernel(kernelFunc as unknown as Kernel) as unknown as tf.KernelFunc,
  });
}

/** ReLU or ReLU6 of a map; a NaN stays one. */
function relu(x: tf.Tensor, activation: Activation): tf.Tensor {
  const lanes = lanesOf(x.size), count = x.size / lanes;
  return runShader({
    key: `${activation} ${lanes}`,
    code: () => activationCode(activation, lanes) + invocationsCode("  y[i] = activate(x[i]);"),
    inputs: { x },
    outputs: { y: x.shape },
    type: typeOf(lanes),
    sizes: { count },
    workgroups: workgroupsFor(count),
  })[0]!;
}

/** Gradient before a ReLU, from the gradient after it and its output. */
function reluGradient(dy: tf.Tensor4D, y: tf.Tensor4D, activation: Activation): tf.Tensor4D {
  const lanes = lanesOf(y.size), count = y.size / lanes, type = typeOf(lanes);
  const stopped = [`y[i] <= ${type}()`, ...(activation === "relu6" ? [`y[i] >= ${type}(6.0)`] : [])];
  const [dx] = runShader({
    key: `reluGradient ${activation} ${lanes}`,
    code: () => invocationsCode(`  dx[i] = select(dy[i], ${type}(), ${stopped.join(" | ")});`),
    inputs: { dy, y },
    outputs: { dx: y.shape },
    type,
    sizes: { count },
    workgroups: workgroupsFor(count),
  });
  return dx as tf.Tensor4D;
}
