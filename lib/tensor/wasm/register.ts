import { composedKernels, convolutionAttributes, poolAttributes, processorKernels, run } from "../_composed_kernels.ts";
import { type Kernels, registerKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { groupNormKernels, resizeKernels } from "./_maps.ts";
import { addressOf, allocate, loadKernels, tensorOf, wasmKernels } from "./_runtime.ts";
import { convolution, type Implementation, tfjsKernels } from "./_tfjs_kernels.ts";

/** Kernels that gradients need, that neither the backend nor we have a fast version of. */
const borrowed = [
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "UnsortedSegmentSum",
];

let registered = false;

/**
 * Makes networks trainable on the `wasm` backend: registers the convolution gradients it lacks, and faster versions of
 * its convolution, matrix product, max pool and sums. Call it when that backend is ready; further calls do nothing.
 *
 * @throws Error if another backend is in use.
 */
export async function registerWasmTrainingKernels(): Promise<void> {
  if (tf.getBackend() !== "wasm") throw new Error(`Expected the backend wasm but found ${tf.getBackend()}`);
  await loadKernels();
  if (registered) return;
  registered = true;
  for (const name of borrowed) borrowFromCpu(name);
  for (const [name, implementation] of Object.entries(tfjsKernels)) override(name, implementation);
  registerKernels("wasm", { ...layerKernels, ...processorKernels });
}

/** Puts an implementation before the kernel of the same name, which still does the cases that it leaves. */
function override(kernelName: string, implementation: Implementation): void {
  const before = tf.getKernel(kernelName, "wasm");
  if (before) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc(options) {
      const output = implementation(options.inputs as never, options.attrs as never);
      if (output) return output;
      if (!before) throw new Error(`Expected channels last in ${kernelName} but found another layout`);
      return before.kernelFunc(options);
    },
  });
}

/** What is used of tfjs's `cpu` backend. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: string, values: unknown): tf.TensorInfo;
  readSync(dataId: unknown): tf.TypedArray;
  disposeIntermediateTensorInfo(info: tf.TensorInfo): void;
}

/** What is used of the `wasm` backend. */
interface WasmBackend {
  readSync(dataId: unknown): tf.TypedArray;
  makeOutput(shape: number[], dtype: string, offset: undefined, values: unknown): tf.TensorInfo;
}

/** Registers the kernel of the `cpu` backend for `wasm`, with its inputs and its output copied. */
function borrowFromCpu(kernelName: string): void {
  if (tf.getKernel(kernelName, "wasm")) return;
  const kernel = tf.getKernel(kernelName, "cpu");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) => {
      const wasm = backend as unknown as WasmBackend;
      const cpu = tf.findBackend("cpu") as unknown as CpuBackend;
      const copies: tf.NamedTensorInfoMap = {};
      for (const [name, info] of Object.entries(inputs)) {
        if (info) copies[name] = cpu.makeTensorInfo(info.shape, info.dtype, wasm.readSync(info.dataId));
      }
      const result = kernel.kernelFunc({ inputs: copies, attrs: attrs!, backend: cpu }) as tf.TensorInfo;
      const output = wasm.makeOutput(result.shape, result.dtype, undefined, cpu.readSync(result.dataId));
      for (const info of [result, ...Object.values(copies)]) cpu.disposeIntermediateTensorInfo(info!);
      return output;
    },
  });
}

/** The layers' kernels, in single passes over memory; composed ones are ours too, by TensorFlow.js's kernel names. */
const layerKernels: Kernels = {
  ...composedKernels,
  ...groupNormKernels,
  ...resizeKernels,

  convolve(x, filter, options) {
    const { window, depthwise, bias, addend, activation } = options;
    if (depthwise || !addend) return composedKernels.convolve(x, filter, options);
    return tensorOf(convolution({ x, filter, bias, addend }, convolutionAttributes(window), activation)!);
  },

  sumPixels(dy) {
    const [batch, height, width, channels] = dy.shape;
    const sums = allocate([channels]);
    wasmKernels().sumRows(addressOf(dy), batch * height * width, channels, addressOf(sums));
    return tensorOf(sums);
  },

  reluGradient(dy, y, activation) {
    const dx = allocate(y.shape);
    const six = activation === "relu6" ? 1 : 0;
    wasmKernels().reluGradient(addressOf(dy), addressOf(y), y.size, six, addressOf(dx));
    return tensorOf(dx);
  },

  maxPool(x, window) {
    const y = run(tf.MaxPool, { x }, poolAttributes(window));
    return { y, saved: [x, y] };
  },

  maxPoolGradient: (dy, [input, output], window) =>
    run(tf.MaxPoolGrad, { dy, input: input!, output: output! }, poolAttributes(window)),
};
