import { registerKernels } from "../_kernels.ts";
import * as tf from "../tf.ts";
import { borrowFromCpu } from "./_borrow.ts";
import { layerKernels } from "./_layer_kernels.ts";
import { loadKernels } from "./_runtime.ts";
import { type Implementation, tfjsKernels } from "./_tfjs_kernels.ts";

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
  registerKernels("wasm", layerKernels);
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
