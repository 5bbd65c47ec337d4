import { borrowFromCpu } from "./_borrow.ts";

const missing = [
  "Conv2DBackpropFilter",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "UnsortedSegmentSum",
];

/**
 * Registers the kernels that gradients need and the `wasm` backend lacks. Call it once that backend is ready;
 * further calls do nothing.
 */
export function registerWasmTrainingKernels(): Promise<void> {
  for (const name of missing) borrowFromCpu(name);
  return Promise.resolve();
}
